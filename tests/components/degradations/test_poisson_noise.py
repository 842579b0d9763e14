"""Counts of photons against SciPy's Poisson law."""

import numpy as np
import pytest
import torch
from scipy import stats

from components.degradations.poisson_noise import Degradation, Params, shot_noise
from components.draws import Draws, seeds_for

MANY = 200_000


def counts(level: int, *, levels: int = 256) -> np.ndarray:
    """Count photons MANY times at one level of light, in a picture of so many levels."""
    others = torch.arange(levels) * (255 // (levels - 1))
    light = torch.cat([others, torch.full((MANY,), level)]).view(1, 1, 1, -1).double() / 255
    noise = shot_noise(light, Draws(seeds_for(0, torch.arange(1))))
    photons = (light + noise) * 2 ** np.ceil(np.log2(levels))
    return photons[0, 0, 0, levels:].numpy()


@pytest.mark.parametrize("level", [1, 7, 60, 128, 255])
def test_counts_follow_poissons_law(level):
    found = counts(level)
    assert np.abs(found - found.round()).max() < 1e-9
    rate = level / 255 * 256
    edges = stats.poisson.ppf([0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999], rate)
    edges = np.unique(edges)
    cumulated = np.concatenate([[0], stats.poisson.cdf(edges, rate), [1]])
    cells = np.histogram(found, [-np.inf, *(edges + 0.5), np.inf])[0]
    assert stats.chisquare(cells, MANY * np.diff(cumulated)).pvalue > 0.01


@pytest.mark.parametrize("level", [0, 3, 100, 255])
def test_mean_and_variance_are_the_light(level):
    found, rate = counts(level), level / 255 * 256
    assert abs(found.mean() - rate) <= 4 * (rate / MANY) ** 0.5 + 1e-12
    assert found.var() == pytest.approx(
        rate, rel=4 * (2 / MANY) ** 0.5 + 4 / max(rate, 1) / MANY**0.5
    )


def test_a_picture_of_few_levels_counts_few_photons():
    found = counts(255, levels=4)  # 4 photons at white
    assert found.mean() == pytest.approx(4, abs=4 * (4 / MANY) ** 0.5)
    assert found.var() == pytest.approx(4, rel=0.02)


def add(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


def test_the_gain_scales_the_noise():
    gt = torch.rand(3, 3, 32, 32)
    once, twice = (add(gt, gain=gain, grey_share=0.0).image - gt for gain in (1.0, 2.0))
    torch.testing.assert_close(twice, 2 * once, atol=1e-6, rtol=0)


def test_grey_noise_is_alike_in_all_channels_and_the_share_is_kept():
    gt = torch.rand(400, 3, 12, 12)
    given = add(gt, gain=1.0, grey_share=0.25)
    noise = given.image - gt
    alike = (noise - noise[:, :1]).abs().amax(dim=(1, 2, 3)) < 1e-5
    assert torch.equal(alike, given.drawn["noise_is_grey"])
    assert alike.float().mean() == pytest.approx(0.25, abs=0.09)  # four deviations


def test_black_stays_black_and_no_gain_changes_nothing():
    assert not add(torch.zeros(2, 3, 8, 8)).image.any()
    gt = torch.rand(2, 3, 8, 8)
    assert torch.equal(add(gt, gain=0.0).image, gt)
