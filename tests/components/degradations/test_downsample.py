"""Four simple ways of shrinking."""

import pytest
import torch

from components.degradations.downsample import Degradation, Params
from components.draws import Draws
from components.errors import PictureError


def shrink(image: torch.Tensor, **params) -> torch.Tensor:
    return Degradation(Params(**params))(image, Draws(torch.zeros(len(image)))).image


def test_area_is_the_mean_of_squares():
    image = torch.rand(2, 3, 12, 8)
    expected = image.view(2, 3, 3, 4, 2, 4).mean(dim=(3, 5))
    torch.testing.assert_close(shrink(image, scale=4), expected)


def test_bilinear_sees_the_four_pixels_around_the_centre_alone():
    image = torch.rand(1, 3, 8, 8)
    expected = image[..., 1:7:4, 1:7:4] + image[..., 2:7:4, 1:7:4]
    expected = (expected + image[..., 1:7:4, 2:7:4] + image[..., 2:7:4, 2:7:4]) / 4
    torch.testing.assert_close(shrink(image, scale=4, mode="bilinear"), expected)


def test_bicubic_has_the_weights_of_a_kernel_that_is_not_widened():
    # Keys' kernel with a = -3/4 at 1/2 and 3/2: 0.59375 and -0.09375.
    image = torch.zeros(1, 1, 16, 16)
    image[..., 8, :] = 1
    column = shrink(image, scale=2, mode="bicubic")[0, 0, :, 4]
    assert column[3:6].tolist() == pytest.approx([-0.09375, 0.59375, 0])


def test_nearest_takes_pixels_as_they_are():
    image = torch.arange(36.0).view(1, 1, 6, 6)
    assert torch.equal(shrink(image, scale=3, mode="nearest")[0, 0], image[0, 0, 1::3, 1::3])


def test_sides_that_the_scale_does_not_divide_are_refused():
    with pytest.raises(PictureError, match="multiples of 4, got 10x12"):
        shrink(torch.rand(1, 3, 10, 12))
