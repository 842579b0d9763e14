"""JPEG quality: every quality of the library itself, and files that are odd or no JPEG at all."""

import io

import pytest
from PIL import Image

from components.inspection.jpeg_quality import quality_of


def jpeg(mode="RGB", **options):
    stream = io.BytesIO()
    Image.linear_gradient("L").convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("quality", range(1, 101))
def test_every_quality_is_told_exactly(quality):
    assert quality_of(jpeg(quality=quality)) == quality


@pytest.mark.parametrize(
    "options",
    [
        {"subsampling": 0},
        {"progressive": True},
        {"optimize": True},
        {"mode": "L"},
        {"exif": b"Exif\x00\x00" + bytes(300)},
        {"comment": b"\xff\xdb\x00\x43\x00" + bytes(64)},  # looks like a table
    ],
)
def test_how_else_a_file_was_saved_does_not_matter(options):
    assert quality_of(jpeg(quality=83, **options)) == 83


def test_a_table_of_another_program_is_given_the_nearest_quality():
    tables = Image.open(io.BytesIO(jpeg(quality=60))).quantization
    near = {
        number: [step + (place == 5) for place, step in enumerate(t)]
        for number, t in tables.items()
    }
    assert quality_of(jpeg(qtables=near)) == 60


def test_steps_of_16_bits_are_read():
    coarse = [700] * 64
    content = jpeg(qtables=[coarse, coarse])
    assert b"\xff\xdb\x00\x83\x10" in content
    assert quality_of(content) == 1


def test_fill_bytes_before_a_marker_are_passed_over():
    content = jpeg(quality=42)
    assert quality_of(content[:2] + b"\xff\xff" + content[2:]) == 42


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"\x89PNG\r\n",
        b"\xff\xd8",
        b"\xff\xd8\xff\xdb",
        b"\xff\xd8\xff\xdb\x00\x43\x00\x01",
    ],
)
def test_what_has_no_table_has_no_quality(content):
    assert quality_of(content) is None
