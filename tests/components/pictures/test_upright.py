"""Turning against Pillow's own way of turning."""

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from components.pictures import upright


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_every_orientation_turns_as_pillow_turns_it(tmp_path, orientation, suffix):
    samples = np.random.default_rng(0).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(samples).save(tmp_path / f"photo.{suffix}", exif=exif)
    with Image.open(tmp_path / f"photo.{suffix}") as image:
        found = upright.orientation(image)
        turned = upright.turn(np.asarray(image), found)
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert found == orientation
    assert np.array_equal(turned, expected)
    assert upright.swaps_sides(found) == (expected.shape[:2] == (16, 8))


@pytest.mark.parametrize("value", [0, 9, 77])
def test_an_impossible_orientation_is_upright(tmp_path, value):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = value
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.png", exif=exif)
    with Image.open(tmp_path / "photo.png") as image:
        assert upright.orientation(image) == 1


def test_no_exif_data_means_upright(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.png")
    with Image.open(tmp_path / "photo.png") as image:
        assert upright.orientation(image) == 1
