"""Kinds and sizes of kernels: how often, and which."""

import pytest
import torch
from pydantic import ValidationError
from scipy import stats

from components.degradations.mixed_blur import KINDS, Degradation, Params, mixed_kernel
from components.draws import Draws, seeds_for
from components.pictures.filters import convolve
from components.pictures.kernels import (
    ellipses,
    gaussian_kernel,
    generalised_kernel,
    plateau_kernel,
    sinc_kernel,
)

MANY = 4000


def blur(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


@pytest.fixture(scope="module")
def drawn():
    return blur(torch.zeros(MANY, 1, 1, 1)).drawn


def test_kinds_come_as_often_as_their_shares_say(drawn):
    found = torch.bincount(drawn["blur_kind"], minlength=7)
    shares = [Params().shares[kind] for kind in KINDS]
    assert stats.chisquare(found.numpy(), [MANY * share for share in shares]).pvalue > 0.01


def test_all_sizes_come_alike(drawn):
    sizes, found = drawn["blur_pixels"].unique(return_counts=True)
    assert sizes.tolist() == [7, 9, 11, 13, 15, 17, 19, 21]
    assert stats.chisquare(found.numpy()).pvalue > 0.01


def test_round_kinds_have_two_equal_axes(drawn):
    anisotropic = torch.isin(drawn["blur_kind"], torch.tensor([1, 3, 5]))
    assert torch.equal(drawn["blur_width"] != drawn["blur_second_width"], anisotropic)
    assert not drawn["blur_angle"][~anisotropic].any()


@pytest.mark.parametrize(("kinds", "low", "high"), [((2, 3), 0.5, 4), ((4, 5), 1, 2)])
def test_half_of_the_shapes_lie_below_one(drawn, kinds, low, high):
    shape = drawn["blur_shape"][torch.isin(drawn["blur_kind"], torch.tensor(kinds))]
    assert shape.min() >= low
    assert shape.max() <= high
    assert shape.max() > 0.9 * high
    assert (shape <= 1).float().mean() == pytest.approx(0.5, abs=0.1)


def test_small_kernels_have_no_low_cutoffs(drawn):
    cutoff, small = drawn["blur_cutoff"], drawn["blur_pixels"] < 13
    assert cutoff[small].min() >= torch.pi / 3
    assert cutoff[~small].min() < 0.25 * torch.pi
    assert cutoff.max() <= torch.pi


def test_every_kind_has_the_kernel_of_its_formula():
    given = blur(torch.zeros(300, 1, 1, 1), kernel_pixels=(9,)).drawn
    kernels = mixed_kernel(given, pixels=9)
    axes = [given[f"blur_{name}"] for name in ("width", "second_width", "angle")]
    q, shape = ellipses(*axes, pixels=9), given["blur_shape"]
    gaussian = gaussian_kernel(*axes, pixels=9)
    general, plateau = generalised_kernel(q, shape), plateau_kernel(q, shape)
    sinc = sinc_kernel(given["blur_cutoff"], pixels=9)
    formulas = [gaussian, gaussian, general, general, plateau, plateau, sinc]
    for number, formula in enumerate(formulas):
        chosen = given["blur_kind"] == number
        assert chosen.any()
        torch.testing.assert_close(kernels[chosen], formula[chosen])


def test_a_small_kernel_is_surrounded_by_zeros_and_sums_to_one():
    given = blur(torch.zeros(50, 1, 1, 1), kernel_pixels=(5,)).drawn
    large, small = mixed_kernel(given, pixels=11), mixed_kernel(given, pixels=5)
    torch.testing.assert_close(large[:, 3:8, 3:8], small)
    torch.testing.assert_close(large.sum(dim=(1, 2)), torch.ones(50))
    assert not large[:, :3].any()


def test_the_picture_is_convolved_with_what_was_drawn():
    gt = torch.rand(3, 3, 20, 30)
    given = blur(gt)
    expected = convolve(gt, mixed_kernel(given.drawn, pixels=21), border="fold")
    torch.testing.assert_close(given.image, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel_pixels": (7, 8)}, r"odd and at least 3, got \[8\]"),
        ({"kernel_pixels": ()}, "at least 1 item"),
        ({"shares": {"isotropic": 0.0}}, "one must be above 0"),
        ({"shares": {"isotropic": 1.0, "sinc": -0.1}}, "must not be negative"),
        ({"shares": {"box": 1.0}}, "isotropic"),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        Params(**wrong)
