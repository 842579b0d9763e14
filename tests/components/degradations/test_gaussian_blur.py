"""Kernels by hand, and the blur against SciPy."""

import math

import pytest
import torch
from pydantic import ValidationError
from scipy import ndimage

from components.degradations.gaussian_blur import Degradation, Params, gaussian_kernel
from components.draws import Draws, seeds_for
from components.errors import PictureError


def kernel(width: float, second: float, angle: float, *, pixels: int = 5) -> torch.Tensor:
    numbers = (torch.tensor([value], dtype=torch.float64) for value in (width, second, angle))
    return gaussian_kernel(*numbers, pixels=pixels)[0]


def draws(count: int) -> Draws:
    return Draws(seeds_for(0, torch.arange(count)))


def test_an_isotropic_kernel_of_width_one():
    side, corner = math.exp(-1 / 2), math.exp(-1)
    rows = [[corner, side, corner], [side, 1, side], [corner, side, corner]]
    expected = torch.tensor(rows, dtype=torch.float64) / (1 + 4 * side + 4 * corner)
    torch.testing.assert_close(kernel(1, 1, 0, pixels=3), expected)


def test_the_first_width_is_that_along_x_at_angle_zero():
    k = kernel(2, 1, 0)
    centre = k[2, 2]
    assert k[2, 3] / centre == pytest.approx(math.exp(-1 / 8))  # one pixel along x
    assert k[3, 2] / centre == pytest.approx(math.exp(-1 / 2))  # one pixel along y
    assert k[4, 3] / centre == pytest.approx(math.exp(-1 / 8 - 2))


def test_a_right_angle_swaps_the_axes():
    torch.testing.assert_close(kernel(2, 1, 90), kernel(2, 1, 0).mT)


def test_the_angle_turns_from_x_towards_y():
    k = kernel(2, 1, 45)
    centre = k[2, 2]
    assert k[3, 3] / centre == pytest.approx(
        math.exp(-2 / 8)
    )  # sqrt(2) pixels along the first axis
    assert k[1, 3] / centre == pytest.approx(math.exp(-2 / 2))  # sqrt(2) pixels along the second


def test_thirty_degrees_is_the_covariance_of_the_papers():
    turn = math.radians(30)
    rotation = torch.tensor(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]], dtype=torch.float64
    )
    widths = torch.diag(torch.tensor([3.5, 1.5], dtype=torch.float64).square())
    inverse = torch.linalg.inv(rotation @ widths @ rotation.T)
    expected = torch.empty(21, 21, dtype=torch.float64)
    for y in range(21):
        for x in range(21):
            p = torch.tensor([x - 10.0, y - 10.0], dtype=torch.float64)
            expected[y, x] = torch.exp(-0.5 * p @ inverse @ p)
    torch.testing.assert_close(kernel(3.5, 1.5, 30, pixels=21), expected / expected.sum())


@pytest.mark.parametrize("widths", [(0.2, 0.2), (4, 4), (4, 0.2), (0, 4), (0, 0)])
@pytest.mark.parametrize("angle", [0, 33, 90, 180])
def test_every_kernel_sums_to_one_and_is_symmetric_about_its_centre(widths, angle):
    k = kernel(*widths, angle, pixels=21)
    assert k.sum() == pytest.approx(1)
    torch.testing.assert_close(k, k.flip(0, 1))


def test_half_a_turn_changes_nothing():
    torch.testing.assert_close(kernel(3, 1, 20), kernel(3, 1, 200))


def test_width_zero_is_the_picture_itself():
    gt = torch.rand(2, 3, 16, 16)
    given = Degradation(Params(width=0.0))(gt, draws(2))
    assert torch.equal(given.image, gt)


def test_each_sample_is_blurred_with_its_own_kernel_as_scipy_does():
    gt = torch.rand(3, 3, 17, 24, dtype=torch.float64)
    params = Params(width=(0.5, 3.0), second_width=(0.5, 3.0), kernel_pixels=9)
    given = Degradation(params)(gt, draws(3))
    kernels = gaussian_kernel(*given.drawn.values(), pixels=9).double()
    for sample in range(3):
        for channel in range(3):
            expected = ndimage.correlate(gt[sample, channel], kernels[sample], mode="mirror")
            torch.testing.assert_close(
                given.image[sample, channel], torch.from_numpy(expected), atol=1e-12, rtol=0
            )


def test_widths_and_angles_are_drawn_within_their_ranges():
    params = Params(width=(1.0, 2.0), second_width=(3.0, 4.0), angle=(10.0, 20.0), kernel_pixels=3)
    drawn = Degradation(params)(torch.rand(500, 1, 4, 4), draws(500)).drawn
    for name, (low, high) in {
        "blur_width": (1, 2),
        "blur_second_width": (3, 4),
        "blur_angle": (10, 20),
    }.items():
        assert drawn[name].min() == pytest.approx(low, abs=0.01 * high)
        assert drawn[name].max() == pytest.approx(high, abs=0.01 * high)


def test_without_a_second_width_all_kernels_are_isotropic():
    drawn = Degradation(Params())(torch.rand(50, 1, 12, 12), draws(50)).drawn
    assert torch.equal(drawn["blur_width"], drawn["blur_second_width"])
    assert not drawn["blur_angle"].any()


def test_the_isotropic_share_is_kept():
    params = Params(second_width=(0.2, 4.0), isotropic_share=0.25, kernel_pixels=3)
    drawn = Degradation(params)(torch.rand(4000, 1, 4, 4), draws(4000)).drawn
    isotropic = drawn["blur_width"] == drawn["blur_second_width"]
    assert isotropic.float().mean() == pytest.approx(0.25, abs=0.03)  # four standard deviations
    assert not drawn["blur_angle"][isotropic].any()
    assert drawn["blur_angle"][~isotropic].all()


def test_per_batch_blurs_all_samples_alike():
    params = Params(second_width=(0.2, 4.0), isotropic_share=0.5, per="batch")
    drawn = Degradation(params)(torch.rand(5, 3, 16, 16), draws(5)).drawn
    assert all(len(values.unique()) == 1 for values in drawn.values())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel_pixels": 20}, "must be odd"),
        ({"isotropic_share": 0.5}, "needs a second_width"),
        ({"width": (2.0, 1.0)}, "needs 0 <= low <= high"),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        Params(**wrong)


def test_a_picture_smaller_than_the_kernels_reach_is_refused():
    with pytest.raises(PictureError, match="reach 10 needs sides above 10 pixels, got 10x30"):
        Degradation(Params())(torch.rand(1, 3, 10, 30), draws(1))
