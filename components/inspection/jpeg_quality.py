"""The quality at which a JPEG file was saved, read from its tables of quantisation.

The IJG's library scales the tables of ITU-T T.81, annex K, by a quality from 1 to 100, and nearly all
programs with a quality do as it does. Others, such as cameras and Photoshop, write tables of their own:
for these it is the quality whose luma table is nearest.

Source: ITU-T T.81, B.2.4.1 for the place of the tables; `jpeg_set_quality` in libjpeg's jcparam.c.
"""

from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_START, _SCAN, _TABLES = 0xD8, 0xDA, 0xDB  # markers, after 0xff
_FILL = 0xFF
_VALUES = 64


def quality_of(content: bytes) -> int | None:
    """Tell the quality of a file.

    Args:
        content: The file's bytes, of any format.

    Returns:
        1 to 100; None for what is no JPEG, or one without a luma table before its first scan.
    """
    table = _luma_table(content)
    if table is None:
        return None
    return int(np.abs(_tables() - table).sum(axis=1).argmin()) + 1


def _luma_table(content: bytes) -> NDArray[np.int64] | None:
    """Find table 0, (64,), in the order of the file."""
    if content[:2] != bytes((0xFF, _START)):
        return None
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != _SCAN:
        if content[place + 1] == _FILL:
            place += 1
            continue
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if content[place + 1] == _TABLES:
            table = _table_0(content[place + 4 : end])
            if table is not None:
                return table
        place = end
    return None


def _table_0(segment: bytes) -> NDArray[np.int64] | None:
    """Find table 0 in one segment, which may hold several, of 8 or 16 bits."""
    while segment:
        wide, number = divmod(segment[0], 16)
        size = _VALUES * (2 if wide else 1)
        values = np.frombuffer(segment[1 : 1 + size], ">u2" if wide else "u1")
        if number == 0 and len(values) == _VALUES:
            return values.astype(np.int64)
        segment = segment[1 + size :]
    return None


@cache
def _tables() -> NDArray[np.int64]:
    """Let the library itself write the table of every quality, (100, 64)."""
    tables = []
    for quality in range(1, 101):
        stream = BytesIO()
        Image.new("L", (8, 8)).save(stream, "JPEG", quality=quality)
        tables.append(_luma_table(stream.getvalue()))
    return np.stack([table for table in tables if table is not None])
