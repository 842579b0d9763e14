"""The noise has the level that was drawn, and a field of its own for every picture."""

import pytest
import torch

from components.degradations.gaussian_noise import Degradation, Params
from components.draws import Draws, seeds_for


def noise(count: int, *, side: int = 64, **params: object):
    gt = torch.full((count, 3, side, side), 0.5)
    given = Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(count))))
    return given.image - 0.5, given.drawn["noise_level"]


def test_the_deviation_is_the_level_in_grey_levels():
    field, level = noise(16, side=128, level=25.0)
    assert level.tolist() == [25] * 16
    # Within four standard deviations of what such a number of pixels tells.
    count = field.numel()
    assert field.std().item() * 255 == pytest.approx(25, rel=4 / (2 * count) ** 0.5)
    assert field.mean().item() * 255 == pytest.approx(0, abs=4 * 25 / count**0.5)


def test_every_sample_has_the_level_that_is_reported():
    field, level = noise(8, level=(0.0, 25.0))
    torch.testing.assert_close(field.std(dim=(1, 2, 3)) * 255, level, rtol=0.05, atol=0)
    assert len(level.unique()) == 8


def test_per_batch_shares_the_level_but_not_the_field():
    field, level = noise(3, level=(5.0, 25.0), per="batch")
    assert len(level.unique()) == 1
    assert not torch.allclose(field[0], field[1])


def test_level_zero_changes_nothing():
    field, level = noise(2, level=0.0)
    assert not field.any()
    assert not level.any()


def test_channels_and_pixels_are_independent():
    field = noise(1, side=128, level=10.0)[0][0]
    rows = torch.stack([field[0, :, :-1], field[0, :, 1:], field[1, :, :-1], field[2, :, :-1]])
    off_diagonal = torch.corrcoef(rows.flatten(1)) - torch.eye(4)
    assert off_diagonal.abs().max() < 4 / 16256**0.5


def test_the_noise_is_not_clipped():
    gt = torch.zeros(1, 3, 32, 32)
    given = Degradation(Params(level=20.0))(gt, Draws(torch.zeros(1)))
    assert given.image.min() < 0


def test_grey_noise_is_alike_in_all_channels_and_the_share_is_kept():
    gt = torch.full((400, 3, 8, 8), 0.5)
    given = Degradation(Params(level=10.0, grey_share=0.25))(
        gt, Draws(seeds_for(0, torch.arange(400)))
    )
    field = given.image - gt
    alike = (field - field[:, :1]).abs().amax(dim=(1, 2, 3)) == 0
    assert torch.equal(alike, given.drawn["noise_is_grey"])
    assert alike.float().mean() == pytest.approx(0.25, abs=0.09)  # four standard deviations
    for chosen in (alike, ~alike):
        assert field[chosen].std().item() * 255 == pytest.approx(10, rel=0.05)


def test_every_grey_sample_has_a_field_of_its_own():
    field, _ = noise(4, level=10.0, grey_share=1.0)
    assert not torch.equal(field[0], field[1])
    assert abs(torch.corrcoef(field[:, 0].flatten(1))[0, 1]) < 4 / 64
