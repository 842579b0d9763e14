"""16-bit PNG against a slow writer of its own: every row filter, every colour type, interlaced too."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from components.pictures import png16

ADAM7 = [
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
]


def noise(height: int, width: int, channels: int) -> np.ndarray:
    rng = np.random.default_rng(channels)
    return rng.integers(0, 65536, (height, width, channels), dtype=np.uint16)


def predict(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda value: abs(guess - value))
    return (0, left, up, (left + up) // 2)[kind]


def filter_rows(samples: np.ndarray, kind: int) -> bytes:
    """Filter byte by byte, as section 9 of the specification words it."""
    height, _, channels = samples.shape
    lines = np.zeros((height + 1, samples.shape[1] * channels * 2 + 2 * channels), int)
    lines[1:, 2 * channels :] = samples.astype(">u2").view(np.uint8).reshape(height, -1)
    out = bytearray()
    for row in range(1, height + 1):
        out.append(kind)
        for i in range(2 * channels, lines.shape[1]):
            left, corner = lines[row, i - 2 * channels], lines[row - 1, i - 2 * channels]
            guess = predict(kind, left, lines[row - 1, i], corner)
            out.append((lines[row, i] - guess) % 256)
    return bytes(out)


def png(
    samples: np.ndarray, content: bytes, *, interlaced: bool = False, extra: bytes = b""
) -> bytes:
    height, width, channels = samples.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(content))
        + chunk(b"IEND", b"")
    )


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", range(5))
def test_every_filter_of_every_colour_type_is_undone(channels, kind):
    samples = noise(6, 5, channels)
    data = png(samples, filter_rows(samples, kind))
    assert png16.is_16_bit(data)
    assert np.array_equal(png16.decode(data), samples)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_interlaced_files_are_read_too(channels):
    samples = noise(9, 11, channels)
    passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7]
    content = b"".join(filter_rows(part, 4) for part in passes if part.size)
    assert np.array_equal(png16.decode(png(samples, content, interlaced=True)), samples)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_written_is_what_was_given(channels):
    samples = noise(7, 10, channels)
    data = png16.encode(samples)
    assert np.array_equal(png16.decode(data), samples)
    Image.open(BytesIO(data)).verify()  # the checksums
    unpacked = zlib.decompress(data[data.index(b"IDAT") + 4 : -16])
    assert unpacked == filter_rows(samples, 1)


def test_smooth_pictures_get_smaller_than_their_samples():
    ramp = np.linspace(0, 60000, 64).astype(np.uint16)
    samples = np.stack([np.add.outer(ramp // 16, ramp)] * 3, axis=-1)
    assert len(png16.encode(samples)) < samples.nbytes / 4


def test_files_of_8_bits_and_of_other_formats_are_told_apart():
    stream = BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    assert not png16.is_16_bit(stream.getvalue())
    assert not png16.is_16_bit(b"\x10" * 64)
    assert not png16.is_16_bit(b"")


def test_a_transparent_colour_of_16_bits_is_refused():
    samples = noise(3, 3, 3)
    data = png(samples, filter_rows(samples, 0), extra=chunk(b"tRNS", bytes(6)))
    with pytest.raises(ValueError, match="transparent"):
        png16.decode(data)
