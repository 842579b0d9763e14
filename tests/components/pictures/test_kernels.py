"""Kernels by hand, and those of BasicSR 1.4.2."""

import math

import pytest
import torch

from components.pictures.kernels import (
    ellipses,
    gaussian_kernel,
    generalised_kernel,
    plateau_kernel,
    sinc_kernel,
)


def one(value: float) -> torch.Tensor:
    return torch.tensor([value], dtype=torch.float64)


def kernel(width: float, second: float, angle: float, *, pixels: int = 5) -> torch.Tensor:
    return gaussian_kernel(one(width), one(second), one(angle), pixels=pixels)[0]


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


# Rows 0 to 2 of 5 x 5; the others follow by half a turn. Made with basicsr.data.degradations of BasicSR
# 1.4.2: bivariate_generalized_Gaussian(5, 2, 1, pi / 6, 0.7), bivariate_plateau(5, 2, 1, pi / 6, 1.5),
# circular_lowpass_kernel(1.2, 5).
GENERALISED = [
    [0.03406136, 0.03418507, 0.02739871, 0.01839037, 0.01084736],
    [0.04758766, 0.06043829, 0.05565335, 0.03917491, 0.02366830],
    [0.04092468, 0.06479205, 0.08575576, 0.06479205, 0.04092468],
]
PLATEAU = [
    [0.02438613, 0.02454858, 0.01679021, 0.00949010, 0.00524815],
    [0.04758505, 0.07859349, 0.06647764, 0.03183117, 0.01340956],
    [0.03474004, 0.08931770, 0.11516437, 0.08931770, 0.03474004],
]
SINC = [
    [0.00901876, 0.02804757, 0.03651843, 0.02804757, 0.00901876],
    [0.02804757, 0.05734433, 0.06996251, 0.05734433, 0.02804757],
    [0.03651843, 0.06996251, 0.08424329, 0.06996251, 0.03651843],
]


def whole(rows: list[list[float]]) -> torch.Tensor:
    upper = torch.tensor(rows, dtype=torch.float64)
    return torch.cat([upper, upper[:2].flip(0, 1)])


@pytest.mark.parametrize(
    ("make", "shape", "rows"),
    [(generalised_kernel, 0.7, GENERALISED), (plateau_kernel, 1.5, PLATEAU)],
)
def test_shaped_kernels_are_those_of_basicsr(make, shape, rows):
    q = ellipses(one(2), one(1), one(30), pixels=5)
    torch.testing.assert_close(make(q, one(shape))[0], whole(rows), atol=1e-7, rtol=0)


def test_sinc_kernels_are_those_of_basicsr():
    torch.testing.assert_close(sinc_kernel(one(1.2), pixels=5)[0], whole(SINC), atol=1e-7, rtol=0)


def test_a_generalised_kernel_of_shape_one_is_the_gaussian():
    q = ellipses(one(3), one(1), one(20), pixels=9)
    torch.testing.assert_close(
        generalised_kernel(q, one(1))[0], kernel(3, 1, 20, pixels=9), atol=1e-15, rtol=0
    )


def test_a_large_shape_is_a_plateau_with_steep_sides():
    q = ellipses(one(2), one(2), one(0), pixels=9)
    for make in (generalised_kernel, plateau_kernel):
        flat = make(q, one(50.0))[0]
        assert flat[4, 5] == pytest.approx(flat[4, 4])  # one pixel of a radius of two
        assert flat[4, 7] < 1e-6 * flat[4, 4]


def test_a_sinc_filter_leaves_slow_waves_and_removes_fast_ones():
    x = torch.arange(41, dtype=torch.float64) - 20
    k = sinc_kernel(one(1.5), pixels=41)[0].sum(dim=0)
    assert (k * torch.cos(0.5 * x)).sum() == pytest.approx(1, abs=0.1)
    assert (k * torch.cos(2.8 * x)).sum() == pytest.approx(0, abs=0.1)
