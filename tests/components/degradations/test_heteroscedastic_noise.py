"""Noise whose variance is a line over the light."""

import pytest
import torch

from components.degradations.heteroscedastic_noise import Degradation, Params
from components.draws import Draws, seeds_for


def noise_on(light: float, **params) -> torch.Tensor:
    gt = torch.full((1, 3, 200, 200), light, dtype=torch.float64)
    given = Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(1))))
    return given.image - gt


@pytest.mark.parametrize("light", [0.0, 0.2, 0.5, 1.0])
def test_the_variance_is_a_line_over_the_light(light):
    noise = noise_on(light, shot=0.01, read=0.001)
    variance = 0.01 * light + 0.001
    # Of 120,000 numbers: four deviations of a mean, and of a variance.
    assert abs(noise.mean()) < 4 * (variance / 120_000) ** 0.5
    assert noise.var().item() == pytest.approx(variance, rel=4 * (2 / 120_000) ** 0.5)


def test_without_variances_the_picture_stays_as_it_is():
    assert not noise_on(0.7, shot=0.0, read=0.0).any()


def test_values_below_black_count_as_black():
    assert noise_on(-0.5, shot=0.01, read=0.0).abs().max() == 0
