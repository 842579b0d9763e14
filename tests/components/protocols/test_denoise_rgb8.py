"""Restormer's denoising protocol: the noise stays as drawn, the result is rounded."""

import pytest
import skimage.data
import torch

from components.metrics import psnr
from components.protocols.denoise_rgb8 import Protocol


def test_the_model_gets_the_noise_beyond_the_range_of_pictures():
    noisy = torch.tensor([-0.3, 0.1234567, 1.4]).view(1, 1, 1, 3).expand(1, 3, 1, 3)
    assert torch.equal(Protocol(scale=1).given(noisy), noisy)


def test_the_result_is_rounded():
    gt = torch.full((1, 3, 12, 12), 100 / 255)
    shown = Protocol(scale=1).view(gt + 0.4 / 255, gt, grey=False)
    assert torch.equal(*shown)


@pytest.mark.parametrize("level", [15, 25, 50])
def test_the_noise_itself_has_the_decibels_of_its_level_but_for_the_clip(level):
    gt = torch.from_numpy(skimage.data.coffee().copy()).permute(2, 0, 1)[None].float() / 255
    noisy = gt + level / 255 * torch.randn_like(gt)
    before = -10 * (noisy - gt).square().mean().log10().item()
    assert before == pytest.approx({15: 24.61, 25: 20.17, 50: 14.15}[level], abs=0.02)
    after = psnr.measure(*Protocol(scale=1).view(noisy, gt, grey=False)).item()
    assert before < after < before + 2
