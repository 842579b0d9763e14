"""Streaks, and the three ways of mixing them in."""

import math

import pytest
import torch
from pydantic import ValidationError

from components.degradations.rain_streaks import Degradation, Params, line_kernel
from components.draws import Draws, seeds_for


def rain(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


@pytest.fixture
def gt():
    return torch.rand(4, 3, 60, 50, dtype=torch.float64)


def test_additive_rain_is_the_sum_up_to_white(gt):
    given = rain(gt, mix="additive")
    assert torch.equal(given.image, (gt + given.mask).clamp(max=1))


def test_screened_rain_multiplies_what_is_missing_to_white(gt):
    given = rain(gt, mix="screen")
    expected = 1 - (1 - gt) * (1 - given.mask)
    torch.testing.assert_close(given.image, expected, atol=1e-12, rtol=0)


def test_heavy_rain_fades_into_a_veil(gt):
    given = rain(gt, mix="heavy", layers=3)
    kept, veil = (given.drawn[f"rain_{n}"].view(-1, 1, 1, 1).double() for n in ("kept", "veil"))
    expected = (kept * (gt + given.mask) + (1 - kept) * veil).clamp(max=1)
    torch.testing.assert_close(given.image, expected, atol=1e-6, rtol=0)


def test_streaks_are_the_mask_and_stay_under_their_limit(gt):
    mask = rain(gt, layers=4, gain=12.0).mask
    assert mask.min() >= 0
    assert mask.max() == pytest.approx(0.9)


def test_mean_brightness_is_density_times_gain():
    # Seeds are even in [0, 1), a share `density` of the pixels; kernels sum to one. Far from the
    # borders, and too faint for the limit, the mean is density x 1/2 x gain.
    mask = rain(torch.zeros(40, 3, 120, 120), density=0.02, gain=4.0, length=20.0).mask
    assert mask[..., 20:100, 20:100].mean() == pytest.approx(0.02 * 0.5 * 4, rel=0.03)


def test_every_layer_has_its_own_numbers(gt):
    drawn = rain(gt, layers=3).drawn
    assert all(values.shape == (4, 3) for values in drawn.values())
    assert len(drawn["rain_angle"].unique()) == 12


def test_an_upright_line_is_as_long_and_as_wide_as_it_should_be():
    k = line_kernel(*(torch.tensor([v]) for v in (11.0, 0.8, 0.0)), pixels=21)[0]
    assert (k[:, 10] > 0).sum() == 11
    assert k.sum() == pytest.approx(1)
    assert k[10, 11] / k[10, 10] == pytest.approx(math.exp(-0.5 / 0.8**2))


def test_a_line_leans_by_its_angle():
    angle = 30.0
    k = line_kernel(*(torch.tensor([v]) for v in (15.0, 0.5, angle)), pixels=21)[0].double()
    place = torch.arange(21.0).double() - 10
    y, x = torch.meshgrid(place, place, indexing="ij")
    slope = (k * x * y).sum() / (k * y * y).sum()
    assert slope == pytest.approx(math.tan(math.radians(angle)), rel=0.05)


def test_without_drops_it_does_not_rain(gt):
    given = rain(gt, gain=0.0)
    assert torch.equal(given.image, gt)
    assert not given.mask.any()


def test_unknown_mixes_and_no_layers_are_refused():
    with pytest.raises(ValidationError, match="additive"):
        Params(mix="multiply")
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Params(layers=0)
