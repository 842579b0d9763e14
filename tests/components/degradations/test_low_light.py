"""A curve with three numbers."""

import pytest
import torch

from components.degradations.low_light import Degradation, Params
from components.draws import Draws, seeds_for


def darken(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


def test_the_curve_by_hand():
    gt = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
    given = darken(gt, gamma=2.0, gain=0.5, fade=0.8)
    assert given.image.flatten().tolist() == pytest.approx([0, 0.08, 0.32])  # 0.5 (0.8 x)^2


def test_what_was_drawn_makes_the_picture():
    gt = torch.rand(6, 3, 5, 5)
    given = darken(gt)
    gamma, gain, fade = (
        given.drawn[f"light_{n}"].view(-1, 1, 1, 1) for n in ("gamma", "gain", "fade")
    )
    torch.testing.assert_close(given.image, gain * (fade * gt) ** gamma)
    assert len(given.drawn["light_gamma"].unique()) == 6


def test_values_below_black_count_as_black():
    assert darken(torch.full((1, 3, 2, 2), -0.1)).image.eq(0).all()
