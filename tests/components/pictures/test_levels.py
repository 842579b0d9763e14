"""Levels of files: exact ones come back, and rounding is not cutting."""

import math

import pytest
import torch

from components.errors import PairError
from components.pictures import levels


@pytest.mark.parametrize("top", [255, 65535])
def test_every_level_of_a_file_comes_back_exactly(top):
    exact = torch.arange(top + 1, dtype=torch.float64) / top
    assert (levels.held(exact.float()) - exact).abs().max() < 1e-15


def test_rounding_clips_first():
    given = torch.tensor([-0.2, 99.4 / 255, 99.6 / 255, 1.3])
    assert (levels.rounded(given) * 255).tolist() == pytest.approx([0, 99, 100, 255], abs=1e-12)


def test_clipping_rounds_nothing():
    given = torch.tensor([-0.2, 0.123456789, 1.3], dtype=torch.float64)
    assert levels.clipped(given).tolist() == [0, 0.123456789, 1]


def test_cutting_keeps_all_levels_of_a_file_and_darkens_what_lies_between():
    exact = torch.arange(256).float() / 255
    assert torch.equal(torch.round(levels.cut(exact) * 255), torch.arange(256).float())
    between = levels.cut(torch.tensor([0.9, 99.9, 254.98, 300.0, -3.0]) / 255) * 255
    assert between.round().tolist() == [0, 99, 254, 255, 0]


def test_cut_noise_is_half_a_level_darker():
    noisy = 0.5 + 0.05 * torch.randn(100_000)
    assert (levels.cut(noisy) - noisy).mean().item() * 255 == pytest.approx(-0.5, abs=0.01)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("function", [levels.rounded, levels.clipped])
def test_what_is_no_number_is_refused(function, value):
    with pytest.raises(PairError, match="NaN or Inf"):
        function(torch.tensor([0.5, value]))
