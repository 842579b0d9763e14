"""Reading and writing pictures, with the traps that data sets bring."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from components.datasets import layout
from components.errors import PictureError
from components.pictures import images, png16
from components.pictures.images import Description, Picture


def picture(channels: int = 3, *, bits: int = 8, alpha: bool = False) -> Picture:
    """Make a picture of 9 x 14 pixels whose values are levels of its bits."""
    top, generator = 2**bits - 1, torch.Generator().manual_seed(bits)
    levels = torch.randint(0, top + 1, (channels + alpha, 9, 14), generator=generator)
    values = (levels.double() / top).float()
    return Picture(values[:channels], bits, values[channels:] if alpha else None)


def bytes_of(kind: str, mode: str = "RGB", **options) -> bytes:
    rng = np.random.default_rng(0)
    stream = BytesIO()
    pixels = Image.fromarray(rng.integers(0, 256, (24, 31, 3), dtype=np.uint8))
    pixels.convert(mode).save(stream, kind, **options)
    return stream.getvalue()


LOSSLESS = [
    (f"a.{suffix}", channels, bits, alpha)
    for suffix, channels, bits, alpha in [
        *(("png", c, b, a) for c in (1, 3) for b in (8, 16) for a in (False, True)),
        *(("tiff", c, 8, a) for c in (1, 3) for a in (False, True)),
        ("tif", 1, 16, False),
        ("bmp", 1, 8, False),
        ("bmp", 3, 8, False),
        ("webp", 3, 8, False),
        ("webp", 3, 8, True),
        ("PNG", 3, 8, False),
    ]
]


@pytest.mark.parametrize(("name", "channels", "bits", "alpha"), LOSSLESS)
def test_what_is_written_is_read_back_to_the_last_bit(tmp_path, name, channels, bits, alpha):
    written = picture(channels, bits=bits, alpha=alpha)
    images.write(tmp_path / name, written)
    read = images.read(tmp_path / name)
    assert read.bits == bits
    assert read.grey == (channels == 1)
    assert read.pixels.dtype == torch.float32
    assert read.pixels.is_contiguous()
    assert torch.equal(read.pixels, written.pixels)
    if written.alpha is None:
        assert read.alpha is None
    else:
        assert torch.equal(read.alpha, written.alpha)
    assert images.describe(tmp_path / name) == Description(14, 9, channels == 1, bits)
    assert images.size_of(tmp_path / name) == (9, 14)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_keeps_channels_and_comes_close(tmp_path, channels):
    flat = Picture(torch.full((channels, 9, 14), 0.4))
    images.write(tmp_path / "a.jpg", flat)
    read = images.read(tmp_path / "a.jpg")
    assert read.grey == flat.grey
    assert (read.pixels - flat.pixels).abs().max() < 0.02


@pytest.mark.parametrize(
    ("name", "unfit", "what"),
    [
        ("a.jpg", picture(alpha=True), "JPEG cannot hold 8-bit RGBA"),
        ("a.jpeg", picture(bits=16), "JPEG cannot hold 16-bit RGB"),
        ("a.bmp", picture(1, alpha=True), "BMP cannot hold 8-bit LA"),
        ("a.webp", picture(1), "WEBP cannot hold 8-bit L"),
        ("a.tif", picture(bits=16), "TIFF cannot hold 16-bit RGB"),
        ("a.gif", picture(), r"suffix must be one of \.png, \.jpg"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_leaves_no_file(tmp_path, name, unfit, what):
    with pytest.raises(PictureError, match=f"{name}: .*{what}"):
        images.write(tmp_path / name, unfit)
    assert not list(tmp_path.iterdir())


def test_values_outside_the_range_are_clamped_and_nan_is_refused(tmp_path):
    values = torch.tensor([-0.5, 0.5, 1.5]).view(1, 1, 3)
    images.write(tmp_path / "a.png", Picture(values))
    assert (images.read(tmp_path / "a.png").pixels * 255).flatten().tolist() == [0, 128, 255]
    with pytest.raises(PictureError, match="NaN"):
        images.write(tmp_path / "b.png", Picture(values * torch.nan))


def test_writing_replaces_whole_files_and_leaves_nothing_else(tmp_path):
    file = tmp_path / "a.png"
    images.write(file, picture(1))
    images.write(file, picture(3))
    assert not images.read(file).grey
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.png").mkdir()  # a file cannot take the place of a folder
    with pytest.raises(OSError, match=r"a\.png"):
        images.write(tmp_path / "a.png", picture())
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


def test_grey_becomes_three_equal_channels_and_colour_stays():
    grey, colour = picture(1, alpha=True), picture(3)
    assert torch.equal(images.rgb(grey), grey.pixels.repeat(3, 1, 1))
    assert torch.equal(images.rgb(colour), colour.pixels)


def test_a_palette_becomes_colour_and_its_transparent_entry_alpha(tmp_path):
    paletted = Image.new("P", (2, 1))
    paletted.putpalette([255, 0, 0, 0, 0, 255])
    paletted.putdata([0, 1])
    paletted.save(tmp_path / "plain.png")
    paletted.save(tmp_path / "clear.png", transparency=1)
    plain, clear = images.read(tmp_path / "plain.png"), images.read(tmp_path / "clear.png")
    assert plain.pixels.flatten().tolist() == [1, 0, 0, 0, 0, 1]
    assert plain.alpha is None
    assert torch.equal(clear.pixels, plain.pixels)
    assert clear.alpha.flatten().tolist() == [1, 0]


def test_one_bit_is_grey(tmp_path):
    Image.new("1", (3, 2), 1).save(tmp_path / "a.png")
    read = images.read(tmp_path / "a.png")
    assert read.grey
    assert read.pixels.min() == 1


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_picture_taken_on_its_side_is_turned_upright(tmp_path, suffix):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the first row is on the right
    file = tmp_path / f"a.{suffix}"
    wide = Image.new("L", (32, 16))
    wide.paste(255, (0, 0, 32, 8))
    wide.convert("RGB").save(file, exif=exif)
    read = images.read(file)
    assert read.pixels.shape == (3, 32, 16)
    assert read.pixels[:, :, 9:].min() > 0.9
    assert read.pixels[:, :, :7].max() < 0.1
    assert images.size_of(file) == (32, 16)
    assert images.describe(file) == Description(16, 32, grey=False, bits=8)


def test_16_bit_pictures_are_turned_too(tmp_path):
    deep = picture(bits=16)
    images.write(tmp_path / "a.png", deep)
    data = (tmp_path / "a.png").read_bytes()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    stream = BytesIO()
    Image.new("L", (1, 1)).save(stream, "PNG", exif=exif)
    donor = stream.getvalue()
    start = donor.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(donor[start : start + 4], "big")
    (tmp_path / "a.png").write_bytes(data[:33] + donor[start:end] + data[33:])
    assert torch.equal(images.read(tmp_path / "a.png").pixels, deep.pixels.flip(1, 2))


def test_a_telephone_file_with_a_second_picture_gives_the_first(tmp_path):
    first, second = Image.new("RGB", (8, 6), "white"), Image.new("RGB", (4, 3))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    assert images.read(tmp_path / "a.jpg").pixels.shape == (3, 6, 8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"not a picture at all", "none of BMP, JPEG, PNG, TIFF, WEBP"),
        (bytes_of("GIF"), "none of BMP, JPEG, PNG, TIFF, WEBP"),
        (bytes_of("JPEG", "CMYK"), "colours are CMYK; taken are grey, RGB and palettes"),
        (bytes_of("TIFF", "F"), "only 16-bit grey is taken"),
        (
            bytes_of("WEBP", save_all=True, append_images=[Image.new("RGB", (31, 24))]),
            "several frames",
        ),
    ],
)
def test_a_file_of_another_kind_is_named_with_the_reason(tmp_path, content, reason):
    file = tmp_path / "a.png"
    file.write_bytes(content)
    with pytest.raises(PictureError, match=rf"a\.png cannot be read as a picture: .*{reason}"):
        images.read(file)


def test_a_tiff_whose_colours_would_lose_bits_is_refused(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 5, 3), np.uint16), photometric="rgb")
    with pytest.raises(PictureError, match="only 16-bit grey is taken; PNG can hold the rest"):
        images.read(tmp_path / "a.tif")


def test_a_missing_file_is_named(tmp_path):
    for look in (images.read, images.describe, images.size_of):
        with pytest.raises(PictureError, match=r"a\.png cannot be read .* No such file"):
            look(tmp_path / "a.png")


WHOLE = {
    "png": bytes_of("PNG"),
    "grey.png": bytes_of("PNG", "L"),
    "deep.png": png16.encode(np.random.default_rng(0).integers(0, 65536, (9, 11, 3), np.uint16)),
    "jpg": bytes_of("JPEG"),
    "progressive.jpg": bytes_of("JPEG", progressive=True),
    "bmp": bytes_of("BMP"),
    "tif": bytes_of("TIFF"),
    "deflated.tif": bytes_of("TIFF", compression="tiff_deflate"),
    "webp": bytes_of("WEBP"),
    "lossless.webp": bytes_of("WEBP", lossless=True),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_short_anywhere_is_found(tmp_path, name):
    whole, file = WHOLE[name], tmp_path / name
    file.write_bytes(whole)
    images.describe(file)
    for kept in {*range(0, len(whole) - 8, len(whole) // 40), len(whole) - 8}:
        file.write_bytes(whole[:kept])
        with pytest.raises(PictureError, match="cannot be read as a picture"):
            images.describe(file)


@pytest.mark.parametrize("name", ["png", "grey.png", "deep.png"])
def test_one_wrong_byte_in_the_pixels_of_a_png_is_found(tmp_path, name):
    whole, file = bytearray(WHOLE[name]), tmp_path / name
    first, last = whole.index(b"IDAT") + 4, len(whole) - 13
    for place in range(first, last, (last - first) // 40):
        damaged = whole.copy()
        damaged[place] ^= 0x04
        file.write_bytes(damaged)
        with pytest.raises(PictureError):
            images.describe(file)


def test_the_size_is_known_from_the_header_alone(tmp_path):
    file: Path = tmp_path / "a.png"
    file.write_bytes(WHOLE["png"][:60])
    assert images.size_of(file) == (24, 31)


def test_every_suffix_that_counts_as_a_picture_can_be_written(tmp_path):
    for suffix in layout.SUFFIXES:
        images.write(tmp_path / f"a{suffix}", picture())
        assert images.size_of(tmp_path / f"a{suffix}") == (9, 14)
