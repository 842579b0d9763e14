"""Luma and grey against MATLAB's documented values."""

import pytest
import torch

from components.pictures import colour


def paint(*rgb: float) -> torch.Tensor:
    return torch.tensor(rgb, dtype=torch.float64).view(1, 3, 1, 1)


@pytest.mark.parametrize(
    ("rgb", "levels"),
    [
        ((0, 0, 0), 16.0),
        ((1, 1, 1), 235.0),
        ((1, 0, 0), 81.481),
        ((0, 1, 0), 144.553),
        ((0, 0, 1), 40.966),
    ],
)
def test_luma_of_the_corners_is_that_of_rgb2ycbcr(rgb, levels):
    assert colour.luma(paint(*rgb)).item() * 255 == pytest.approx(levels, abs=1e-12)


def test_an_error_on_luma_is_a_known_factor_smaller_than_on_full_range():
    dark, bright = paint(0.2, 0.2, 0.2), paint(0.7, 0.7, 0.7)
    difference = colour.luma(bright) - colour.luma(dark)
    assert difference.item() == pytest.approx(0.5 * 219 / 255, abs=1e-12)


def test_grey_weighs_the_channels_as_rgb2gray_does():
    assert colour.grey(paint(1, 0, 0)).item() == pytest.approx(0.2989, abs=5e-5)
    assert colour.grey(paint(0, 1, 0)).item() == pytest.approx(0.5870, abs=5e-5)
    assert colour.grey(paint(0, 0, 1)).item() == pytest.approx(0.1140, abs=5e-5)


def test_three_equal_channels_keep_their_values_when_made_grey():
    values = torch.linspace(0, 1, 256, dtype=torch.float64).expand(1, 3, 1, 256)
    assert (colour.grey(values) - values[:, :1]).abs().max() < 1e-14


@pytest.mark.parametrize("convert", [colour.luma, colour.grey])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_type_and_leading_axes_are_kept(convert, dtype):
    image = torch.rand(2, 5, 3, 4, 6, dtype=dtype)
    converted = convert(image)
    assert converted.dtype == dtype
    assert converted.shape == (2, 5, 1, 4, 6)
    assert torch.equal(converted[1, 2], convert(image[1, 2]))
