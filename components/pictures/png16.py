"""PNG files of 16 bits a sample; alone, Pillow keeps their upper bytes and writes none in colour.

For reading, Pillow still does the hard part. Its decoder undoes PNG's row filters for whatever pixel
width it is told, and its names for byte layouts cover both halves of a sample: read as if they were
little-endian, PNG's big-endian samples give their lower bytes.

Source: PNG specification, third edition, https://www.w3.org/TR/png-3/, sections 5, 9 and 11.
"""

import struct
import zlib
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}  # by number of channels
_SUB = 1  # the row filter that keeps differences to the pixel on the left


def is_16_bit(data: bytes) -> bool:
    """Tell whether a file's bytes begin a PNG of 16 bits a sample."""
    return data.startswith(_SIGNATURE) and data[24:25] == b"\x10"


def decode(data: bytes) -> NDArray[np.unsignedinteger]:
    """Decode a file for which `is_16_bit` holds.

    Returns:
        (H, W, C): one channel for grey, two with alpha, three for RGB, four with alpha.

    Raises:
        ValueError: one colour stands for transparent; and what Pillow raises for damaged files.
    """
    with Image.open(BytesIO(data), formats=["PNG"]) as image:
        layout = str(image.tile[0].args)
        if "transparency" in image.info:
            raise ValueError("one of its 16-bit colours stands for transparent")
    if layout == "I;16B":
        return _unpack(data, layout).astype(np.uint16)[..., None]
    if layout == "LA;16B":  # as wide as 8-bit RGBA
        return _unpack(data, "RGBA").view(">u2").astype(np.uint16)
    upper, lower = _unpack(data, layout), _unpack(data, layout.replace("16B", "16L"))
    return upper.astype(np.uint16) * 256 + lower


def encode(samples: NDArray[np.unsignedinteger]) -> bytes:
    """Encode a picture.

    Args:
        samples: (H, W, C): one channel for grey, two with alpha, three for RGB, four with alpha.

    Returns:
        A whole PNG file.
    """
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPE[channels], 0, 0, 0)
    pixels = samples.astype(">u2", order="C").view(np.uint8).reshape(height, width, 2 * channels)
    rows = np.diff(pixels, axis=1, prepend=np.uint8(0)).reshape(height, -1)  # modulo 256
    filtered = np.insert(rows, 0, _SUB, axis=1).tobytes()
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _unpack(data: bytes, layout: str) -> NDArray[np.unsignedinteger]:
    """Let Pillow decode a file under another of its names for byte layouts."""
    with Image.open(BytesIO(data), formats=["PNG"]) as image:
        image.tile = [image.tile[0]._replace(args=layout)]
        return np.asarray(image)


def _chunk(name: bytes, content: bytes) -> bytes:
    """Frame a chunk by its length and checksum."""
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
