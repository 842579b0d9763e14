"""Drops: where they are, and what is seen through them."""

import pytest
import torch

from components.degradations.raindrops import Degradation, Params
from components.draws import Draws, seeds_for

CLEAR = {"brightness": 1.0, "glint": 0.0}


def drops(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


def test_between_the_drops_the_picture_is_untouched():
    gt = torch.rand(3, 3, 80, 90)
    given = drops(gt)
    dry = (given.mask == 0).expand_as(gt)
    assert 0.1 < dry.float().mean() < 0.95
    assert torch.equal(given.image[dry], gt[dry])
    assert (given.image != gt)[(given.mask > 0.9).expand_as(gt)].float().mean() > 0.9


def test_one_drop_covers_a_disc_of_its_radius():
    mask = drops(torch.rand(200, 3, 200, 200)[:, :1], count=1.0, radius=15.0).mask
    area = (mask > 0).sum(dim=(1, 2, 3))
    whole = area.max().item()
    assert whole == pytest.approx(torch.pi * 15**2, rel=0.02)
    inside = (mask > 0).flatten(1).any(dim=1)
    assert inside.float().mean() > 0.95
    assert mask.amax(dim=(1, 2, 3))[area == whole].min() == 1


def test_the_scene_in_a_drop_is_upside_down_and_smaller():
    # On a ramp of slope s, which blurring keeps, a drop of view v shows the slope -v s.
    ramp = torch.linspace(0, 1, 400).expand(60, 3, 40, 400).double()
    given = drops(ramp, count=1.0, radius=10.0, view=2.0, blur=0.5, **CLEAR)
    step = ramp[0, 0, 0, 1] - ramp[0, 0, 0, 0]
    slopes = (given.image[..., 1:] - given.image[..., :-1]) / step
    within = ((given.mask[..., 1:] == 1) & (given.mask[..., :-1] == 1)).expand_as(slopes)
    middle = within.clone()
    middle[..., :40] = middle[..., -40:] = False  # where the drop sees no border
    assert middle.sum() > 1000
    torch.testing.assert_close(
        slopes[middle], torch.full_like(slopes[middle], -2.0), atol=1e-2, rtol=0
    )


def test_on_an_even_wall_only_brightness_and_glint_are_seen():
    wall = torch.full((4, 3, 60, 60), 0.5)
    assert torch.allclose(drops(wall, **CLEAR).image, wall, atol=1e-6)
    darker = drops(wall, brightness=0.8, glint=0.0)
    expected = 0.5 - 0.1 * darker.mask.expand_as(wall)
    torch.testing.assert_close(darker.image, expected, atol=1e-6, rtol=0)
    assert drops(wall, brightness=1.0, glint=0.5).image.max() > 0.9


def test_the_number_of_drops_is_the_samples_own():
    given = drops(torch.rand(12, 3, 150, 150), count=(0.0, 30.0), radius=6.0)
    count, covered = given.drawn["drop_count"], given.mask.mean(dim=(1, 2, 3))
    assert torch.equal(count, count.round())
    assert torch.corrcoef(torch.stack([count, covered]))[0, 1] > 0.9


def test_without_drops_the_picture_stays_as_it_is():
    gt = torch.rand(2, 3, 30, 30)
    given = drops(gt, count=0.0)
    assert torch.equal(given.image, gt)
    assert not given.mask.any()


def test_a_range_is_low_to_high():
    with pytest.raises(ValueError, match="low <= high"):
        Params(radius=(20.0, 4.0))
