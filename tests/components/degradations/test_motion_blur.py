"""Paths, and the kernels they leave."""

import pytest
import torch
from pydantic import ValidationError

from components.degradations.motion_blur import Degradation, Params, point_spread
from components.draws import Draws, seeds_for
from components.errors import PictureError
from components.pictures.filters import convolve


def blur(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


def kernels(count: int, **params) -> torch.Tensor:
    drawn = blur(torch.rand(count, 1, 20, 20), **params).drawn
    return drawn["motion_kernel"].view(count, 31, 31).double()


def test_kernels_sum_to_one_and_leave_the_picture_in_place():
    psf = kernels(50)
    place = torch.arange(31.0).double() - 15
    assert psf.min() >= 0
    torch.testing.assert_close(psf.sum(dim=(1, 2)), torch.ones(50).double(), atol=1e-5, rtol=0)
    for moment in (psf.sum(dim=1) @ place, psf.sum(dim=2) @ place):
        assert moment.abs().max() < 1e-4


def test_a_straight_path_is_as_long_as_was_drawn():
    # Evenly spread over a line of length L, variance along it is L^2 / 12; the points stand for cells
    # of L / 64, and bilinear weights add at most 1 / 4 for each axis.
    psf = kernels(20, length=24.0, drift=0.0, jerks=0.0)
    place = torch.arange(31.0).double() - 15
    spread = psf.sum(dim=1) @ place.square() + psf.sum(dim=2) @ place.square()
    assert (spread > 24**2 / 12 * (1 - 64**-2) - 1e-3).all()
    assert (spread < 24**2 / 12 + 0.5).all()


def test_drift_and_jerks_fold_the_path():
    place = torch.arange(31.0).double() - 15
    spreads = []
    for shake in ({"drift": 0.0, "jerks": 0.0}, {"drift": 3.0, "jerks": 3.0}):
        psf = kernels(100, length=28.0, **shake)
        spread = psf.sum(dim=1) @ place.square() + psf.sum(dim=2) @ place.square()
        spreads.append(spread.mean())
    assert spreads[1] < 0.6 * spreads[0]


def test_points_are_spread_by_bilinear_weights():
    points = torch.tensor([[[0.0, -1.25], [0.0, 1.25]]], dtype=torch.float64)
    expected = torch.tensor([0.125, 0.375, 0, 0.375, 0.125], dtype=torch.float64)
    torch.testing.assert_close(point_spread(points, pixels=5)[0, 2], expected)


def test_a_path_that_leaves_the_kernel_is_shrunk():
    points = torch.tensor([[[0.0, -9.0], [0.0, 9.0]]])
    assert point_spread(points, pixels=5)[0, 2].tolist() == [0.5, 0, 0, 0, 0.5]


def test_a_path_of_no_length_is_the_picture_itself_without_a_mark():
    gt = torch.rand(2, 3, 20, 20)
    given = blur(gt, length=0.0)
    torch.testing.assert_close(given.image, gt, atol=1e-6, rtol=0)
    assert not given.mask.any()


def test_the_mask_marks_what_changed():
    gt = torch.zeros(4, 3, 20, 60)
    gt[..., 30:] = 1
    given = blur(gt, mask_threshold=25.0)
    change = (given.image - gt).abs().amax(dim=1, keepdim=True) * 255
    assert torch.equal(given.mask.bool(), change > 25)
    assert not given.mask[..., :14].any()
    assert given.mask.any()


def test_the_picture_is_convolved_with_the_kernel_that_was_drawn():
    gt = torch.rand(3, 3, 24, 30)
    given = blur(gt)
    expected = convolve(gt, given.drawn["motion_kernel"].view(3, 31, 31))
    assert torch.equal(given.image, expected)


def test_even_kernels_and_small_pictures_are_refused():
    with pytest.raises(ValidationError, match="must be odd"):
        Params(kernel_pixels=30)
    with pytest.raises(PictureError, match="reach 15 needs sides above 15 pixels, got 15x40"):
        blur(torch.rand(1, 3, 15, 40))
