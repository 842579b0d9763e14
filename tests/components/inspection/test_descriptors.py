"""Descriptors of pictures whose values are known by construction or worked by hand."""

import math

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image

from components.errors import PictureError
from components.inspection.descriptors import COLUMNS, describe, measure
from components.pictures.images import Picture


def grey(levels):
    return Picture(torch.from_numpy(np.asarray(levels, np.float32))[None] / 255)


def coloured(red, green, blue):
    return Picture(torch.tensor([red, green, blue]).view(3, 1, 1).expand(3, 8, 8) / 255)


def test_a_flat_grey_has_its_level_and_nothing_else():
    found = measure(grey(np.full((5, 7), 90)))
    assert (found.width, found.height) == (7, 5)
    assert found.mean_luma == pytest.approx(90, abs=1e-4)
    for name in ("contrast", "sharpness", "noise", "colourfulness"):
        assert getattr(found, name) == pytest.approx(0, abs=1e-4), name
    assert found.jpeg_quality is None


def test_contrast_is_the_standard_deviation():
    assert measure(grey([[0, 200]] * 4)).contrast == pytest.approx(100, abs=1e-4)


def test_a_ramp_is_neither_sharp_nor_noisy():
    found = measure(grey(np.add.outer(np.arange(20), 2 * np.arange(30))))
    assert found.sharpness == pytest.approx(0, abs=1e-4)
    assert found.noise == pytest.approx(0, abs=1e-4)


def test_the_sharpness_of_one_bright_pixel_is_worked_by_hand():
    # The Laplacian inside the 5 x 5 is 10 at four places, -40 at one, 0 at four: mean 0, so
    # the variance is (4 * 100 + 1600) / 9.
    levels = np.zeros((5, 5))
    levels[2, 2] = 10
    assert measure(grey(levels)).sharpness == pytest.approx(2000 / 9, rel=1e-4)


def test_the_noise_of_one_bright_pixel_is_worked_by_hand():
    # The filter's absolute values add up to 16: sqrt(pi / 2) * 160 / 9 / 6.
    levels = np.zeros((5, 5))
    levels[2, 2] = 10
    assert measure(grey(levels)).noise == pytest.approx(math.sqrt(math.pi / 2) * 160 / 54, rel=1e-4)


@pytest.mark.parametrize("level", [1, 5, 10, 25])
def test_white_noise_is_recovered_within_two_percent(noise, level):
    assert measure(grey(noise(level))).noise == pytest.approx(level, rel=0.02)


@pytest.mark.parametrize("level", [10, 25])
def test_noise_on_a_photograph_is_recovered_within_a_sixth(noise, level):
    photograph = skimage.data.camera()[:256, :256] / 2 + 64  # away from black and white
    found = measure(grey(photograph + noise(level) - 128)).noise
    assert found == pytest.approx(level, rel=1 / 6)


def test_the_colourfulness_of_one_colour_is_worked_by_hand():
    # rg = 80, yb = 160 - 60: no spread, and 0.3 times the length of (80, 100).
    found = measure(coloured(200.0, 120.0, 60.0)).colourfulness
    assert found == pytest.approx(0.3 * math.hypot(80, 100), rel=1e-4)


def test_the_colourfulness_of_two_colours_is_worked_by_hand():
    # Red and green side by side: rg = +-255 and yb = 127.5 both, so 255 + 0.3 * 127.5.
    red, green = coloured(255.0, 0.0, 0.0), coloured(0.0, 255.0, 0.0)
    both = Picture(torch.cat([red.pixels, green.pixels], dim=2))
    assert measure(both).colourfulness == pytest.approx(255 + 0.3 * 127.5, rel=1e-4)


def test_grey_as_rgb_has_no_colour_and_the_same_luma():
    levels = skimage.data.camera()[100:150, 200:260]
    one, three = measure(grey(levels)), measure(Picture(grey(levels).pixels.expand(3, -1, -1)))
    assert three.colourfulness == pytest.approx(0, abs=1e-3)
    assert three.mean_luma == pytest.approx(one.mean_luma, rel=1e-5)


def test_a_picture_of_less_than_three_pixels_has_no_sharpness_and_no_noise():
    found = measure(grey([[3, 4, 5], [3, 4, 5]]))
    assert (found.sharpness, found.noise) == (None, None)
    assert measure(grey([[7]])).contrast == 0


def test_the_quality_of_a_jpeg_file_is_told(put):
    image = Image.fromarray(skimage.data.astronaut())
    image.save(put("a.jpg", b""), quality=71)
    assert describe(put("b.png", image)).jpeg_quality is None
    assert describe(put("b.png", image).with_name("a.jpg")).jpeg_quality == 71


def test_the_columns_are_the_fields():
    assert COLUMNS[:2] == ("width", "height")
    assert len(COLUMNS) == 8


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PictureError, match=r"none\.png cannot be read as a picture"):
        describe(tmp_path / "none.png")
