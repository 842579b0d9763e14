"""The attentive loss worked by hand, and what its weights prefer."""

import pytest
import torch

from components.losses.attentive import Emphasis, by_region, evenly, loss, standardise


def features(seed, channels=3, side=6):
    return torch.randn(2, channels, side, side, generator=torch.Generator().manual_seed(seed))


def half_mask(side=6):
    mask = torch.zeros(2, 1, side, side)
    mask[..., : side // 2] = 1
    return mask


def test_equal_features_cost_nothing():
    assert loss(features(0), features(0), evenly(features(0))).item() == 0


def test_even_weights_give_the_mean_squared_error():
    value = loss(features(0), features(1), evenly(features(1)))
    assert value.item() == pytest.approx((features(0) - features(1)).square().mean().item())


def test_weights_of_channels_and_places_multiply():
    # Channel 0 is off by 2 at the left place, channel 1 by 10 everywhere but counts nothing.
    student = torch.tensor([[[[2.0, 0.0]], [[10.0, 10.0]]]])
    emphasis = Emphasis(torch.tensor([[1.0, 0.0]]), torch.tensor([[[[1.5, 0.5]]]]))
    assert loss(student, torch.zeros(1, 2, 1, 2), emphasis).item() == pytest.approx(4 * 1.5 / 2)


def test_the_channel_that_draws_the_mask_counts_most():
    teacher, mask = features(0), half_mask()
    teacher[:, 1] = -3 * mask[:, 0] + 7
    channels = by_region(teacher, mask).channels
    assert channels.argmax(dim=1).tolist() == [1, 1]
    assert channels[:, 1].min() > 0.9
    torch.testing.assert_close(channels.sum(dim=1), torch.ones(2))


def test_places_inside_the_mask_count_twice():
    places = by_region(features(0), half_mask()).places
    assert places[..., :3].unique().item() == pytest.approx(2 / 1.5)
    assert places[..., 3:].unique().item() == pytest.approx(1 / 1.5)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_flat_mask_prefers_nothing(level):
    emphasis = by_region(features(0), torch.full((2, 1, 6, 6), level))
    torch.testing.assert_close(emphasis.channels, torch.full((2, 3), 1 / 3))
    torch.testing.assert_close(emphasis.places, torch.ones(2, 1, 6, 6))


def test_standardised_channels_forget_level_and_spread():
    torch.testing.assert_close(standardise(5 * features(0) + 3), standardise(features(0)))
    assert standardise(features(0)).std(dim=(0, 2, 3), correction=0).min() == pytest.approx(1, 1e-4)


def test_a_dead_channel_stays_at_zero():
    assert standardise(torch.full((1, 1, 4, 4), 2.0)).abs().max() == 0


def test_no_gradient_reaches_the_teacher():
    teacher = features(1).requires_grad_()
    loss(features(0).requires_grad_(), teacher, evenly(teacher.detach())).backward()
    assert teacher.grad is None
