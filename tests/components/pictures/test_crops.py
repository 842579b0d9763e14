"""Crops, by the places that are left."""

import pytest
import torch

from components.errors import PairError
from components.pictures import crops


def places(height: int, width: int) -> torch.Tensor:
    """Give an image whose values say where they lie: 100 * row + column."""
    return (100 * torch.arange(height)[:, None] + torch.arange(width)).view(1, 1, height, width)


def span(image: torch.Tensor) -> list[int]:
    """The first and the last place."""
    return [image[0, 0, 0, 0].item(), image[0, 0, -1, -1].item()]


def test_a_border_is_left_out_on_all_sides():
    assert span(crops.inside(places(9, 10), 3)) == [303, 506]
    assert span(crops.inside(places(9, 10), 0)) == [0, 809]


@pytest.mark.parametrize("border", [4, 5, 9])
def test_a_border_that_leaves_nothing_is_refused(border):
    with pytest.raises(PairError, match=f"a border of {border} pixels leaves nothing of 8x20"):
        crops.inside(places(8, 20), border)


def test_multiples_from_the_corner_lose_rows_and_columns_at_the_end():
    assert span(crops.corner(places(9, 11), 4)) == [0, 707]
    assert crops.corner(places(3, 8), 4).shape == (1, 1, 0, 8)


def test_multiples_around_the_centre_lose_the_odd_pixel_at_the_end():
    assert span(crops.centre_multiple(places(35, 37), 16)) == [102, 3233]
    assert span(crops.centre_multiple(places(32, 48), 16)) == [0, 3147]


def test_the_centre_of_sots_indoor_is_without_its_frame_of_ten_pixels():
    assert span(crops.centre(places(48, 64), 28, 44)) == [1010, 3753]


def test_half_a_pixel_goes_to_the_even_side():
    # torchvision's CenterCrop: int(round((5 - 4) / 2)) is 0, int(round((7 - 4) / 2)) is 2.
    assert span(crops.centre(places(5, 7), 4, 4)) == [2, 305]


def test_a_ground_truth_that_is_smaller_is_refused():
    with pytest.raises(
        PairError, match="at least as large as the degraded picture, 9x8; it is 8x8"
    ):
        crops.centre(places(8, 8), 9, 8)
