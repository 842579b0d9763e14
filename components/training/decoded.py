"""Decoded pictures in one flat file, memory-mapped: each is decoded once for all trainings.

    pixels.u8      picture after picture, (H, W, 3) uint8, nothing between them
    index.arrow    one row a pair, in the manifest's order; read by memory map, too

Pages of both are shared by all processes that read them and given back when memory is short, so what
a process holds of its own does not grow with the set. A decoding that was cut short goes on with the
pictures that are left. docs/decisions/0005-decoded-pictures-in-one-flat-file.md says why this form.
"""

import logging
import mmap
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import ipc

from components import faults
from components.artifacts import Manifest, Record, name_of
from components.datasets.manifest import Row, read_rows
from components.errors import StoreError
from components.keys import make_key
from components.store import STATE, Workplace
from components.training.mates import Mate, find_mates
from components.training.patches import read_pixels, samples

log = logging.getLogger(__name__)

PIXELS = "pixels.u8"
INDEX = "index.arrow"
_SUMS = "sums.u64"
_MADE = 1 << 32  # beside a checksum of 32 bits, so that no picture's entry is 0
_AT_ONCE = 1024  # pictures that wait for a thread


class Pixels(Record):
    """The decoded pictures of one split."""

    num_pairs: int
    num_bytes: int
    scale: int


class Decoded:
    """Reads decoded pictures: each crop is a view of the file, read when it is looked at.

    Args:
        folder: With `pixels.u8` and `index.arrow`.
        scale: Sides of the ground truth are this many times those of the mates; 1 without mates.

    Attributes:
        until: (N,) int64, pixels of the ground truths up to and with each pair; rises.
        height: (N,) int64, of the ground truth, as `width`.
        width: (N,) int64.
        has_mates: Whether the pictures have degraded mates.
    """

    def __init__(self, folder: Path, scale: int) -> None:
        self.scale = scale
        with (folder / PIXELS).open("rb") as stream:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._pixels = np.frombuffer(mapped, np.uint8)
        self._table = ipc.open_file(pa.memory_map(str(folder / INDEX))).read_all()
        self.until, self.height, self.width = map(self._column, ("until", "height", "width"))
        self.has_mates = "lq" in self._table.column_names
        self._gt = self._column("gt")
        self._lq = self._column("lq") if self.has_mates else self._gt

    def __len__(self) -> int:
        return len(self.until)

    def path(self, number: int) -> str:
        """Name a pair's ground truth as the manifest does."""
        return str(self._table["path"][number])

    def gt(self, number: int, y: int, x: int, side: int) -> NDArray[np.uint8]:
        """Look at a square of a ground truth, (side, side, 3); y and x are its upper left corner."""
        height, width = int(self.height[number]), int(self.width[number])
        return self._square(int(self._gt[number]), height, width, (y, x, side))

    def lq(self, number: int, y: int, x: int, side: int) -> NDArray[np.uint8]:
        """Look at a square of a degraded mate, in the mate's own pixels."""
        height, width = int(self.height[number]), int(self.width[number])
        place = (y, x, side)
        return self._square(int(self._lq[number]), height // self.scale, width // self.scale, place)

    def _square(
        self, start: int, height: int, width: int, place: tuple[int, int, int]
    ) -> NDArray[np.uint8]:
        y, x, side = place
        picture = self._pixels[start : start + height * width * 3].reshape(height, width, 3)
        return picture[y : y + side, x : x + side]

    def _column(self, name: str) -> NDArray[np.int64]:
        column: NDArray[np.int64] = self._table[name].chunk(0).to_numpy(zero_copy_only=True)
        return column


def decode(manifest: Manifest, split: str, workplace: Workplace, *, mates: bool) -> Decoded:
    """Decode the pictures of a split, unless that is done.

    Args:
        manifest: Station 1's record.
        split: train, validation or test.
        workplace: Where pictures are and decoded ones go.
        mates: Whether the set's degraded pictures are wanted, too.

    Raises:
        PictureError: a picture is damaged or has changed its size; the message names it.
        PairError: a picture has no mate, or one that does not fit.
        StoreError: the disk is full, or may not be written.
    """
    key = make_key(
        "training.decoded",
        parts=[],
        parameters={"split": split, "mates": mates},
        inputs={"dataset": manifest.rows_digest},
    )

    def make(folder: Path) -> Pixels:
        rows = read_rows(manifest, split, workplace)
        return _make(rows, find_mates(rows) if mates else [], folder)

    record = workplace.store.once(key, Pixels, make).record
    return Decoded(workplace.store.root / record.folder, record.scale)


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is decoded: its own sides, and how much of them is kept, from the upper left."""

    path: Path
    height: int
    width: int
    kept: tuple[int, int]

    @property
    def num_bytes(self) -> int:
        return self.kept[0] * self.kept[1] * 3


def _make(rows: Sequence[Row], mates: Sequence[Mate], folder: Path) -> Pixels:
    scale = mates[0].scale if mates else 1
    gt = [_truth(row, scale) for row in rows]
    lq = [_File(m.file, m.height, m.width, (m.height, m.width)) for m in mates]
    starts: dict[_File, int] = {}  # many mates may share a ground truth, which is decoded once
    num_bytes = 0
    for file in (*gt, *lq):
        if file not in starts:
            starts[file] = num_bytes
            num_bytes += file.num_bytes
    log.info("decoding %d pictures into %.2f GB", len(starts), num_bytes / 1e9)
    state = folder / STATE
    _decode_all(starts, num_bytes, state)
    (state / PIXELS).replace(folder / PIXELS)
    _write_index(folder / INDEX, rows, gt, [starts[f] for f in gt], [starts[f] for f in lq])
    return Pixels(folder=name_of(folder), num_pairs=len(rows), num_bytes=num_bytes, scale=scale)


def _truth(row: Row, scale: int) -> _File:
    """Leave out the rows and columns that fill no whole pixel of the mate."""
    kept = (row.height // scale * scale, row.width // scale * scale)
    return _File(row.file, row.height, row.width, kept)


def _decode_all(starts: dict[_File, int], num_bytes: int, state: Path) -> None:
    """Decode files to their places, each unless its checksum says that it is there."""
    state.mkdir(exist_ok=True)
    _allocate(state / PIXELS, num_bytes)
    _allocate(state / _SUMS, 8 * len(starts))
    sums = np.memmap(state / _SUMS, dtype=np.uint64, mode="r+")
    with (state / PIXELS).open("r+b") as stream:

        def put(number: int, file: _File, start: int) -> None:
            target = stream.fileno()
            if sums[number] and sums[number] == _sum(os.pread(target, file.num_bytes, start)):
                return
            height, width = file.kept
            pixels = read_pixels(file.path, file.height, file.width)[:, :height, :width]
            content = samples(pixels).permute(1, 2, 0).contiguous().numpy().tobytes()
            _write_all(target, content, start)
            sums[number] = _sum(content)
            faults.point("decoded", number)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            files = list(starts.items())
            for first in range(0, len(files), _AT_ONCE):
                numbers = range(first, min(first + _AT_ONCE, len(files)))
                list(pool.map(put, numbers, *zip(*files[first : first + _AT_ONCE], strict=True)))


def _allocate(file: Path, num_bytes: int) -> None:
    """Make room for a file, so that a full disk is found before any work, and not while mapped.

    Raises:
        StoreError: there is not enough room; then nothing is left there.
    """
    if file.is_file() and file.stat().st_size == num_bytes:
        return
    try:
        with file.open("wb") as stream:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, num_bytes)
            else:
                stream.truncate(num_bytes)
    except OSError as error:
        file.unlink(missing_ok=True)
        raise StoreError(
            f"{file}: there is no room for {num_bytes / 1e9:.2f} GB of decoded pictures: "
            f"{error.strerror}"
        ) from error


def _write_all(target: int, content: bytes, start: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(target, view, start)
        view, start = view[written:], start + written


def _sum(content: bytes) -> int:
    return _MADE | zlib.crc32(content)


def _write_index(
    file: Path, rows: Sequence[Row], gt: Sequence[_File], gt_starts: list[int], lq: list[int]
) -> None:
    areas = np.array([f.kept for f in gt], dtype=np.int64).prod(axis=1)
    columns: dict[str, Any] = {
        "path": [row.path for row in rows],
        "until": areas.cumsum(),
        "height": np.array([f.kept[0] for f in gt], dtype=np.int64),
        "width": np.array([f.kept[1] for f in gt], dtype=np.int64),
        "gt": np.array(gt_starts, dtype=np.int64),
    }
    if lq:
        columns["lq"] = np.array(lq, dtype=np.int64)
    table = pa.table(columns)
    with ipc.new_file(str(file), table.schema) as writer:
        writer.write_table(table)
