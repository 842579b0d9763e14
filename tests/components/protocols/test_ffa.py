"""FFA-Net's protocol: floats, the frame, zeros beyond the borders."""

import pytest
import torch

from components.metrics import psnr, ssim, ssim_ffa
from components.protocols.ffa import METRICS, Protocol


def test_the_frame_of_sots_indoor_is_left_out():
    gt = torch.rand(1, 3, 480, 640)
    hazy = torch.zeros(1, 3, 460, 620)
    assert torch.equal(Protocol(scale=1).truth(gt, hazy), gt[..., 10:470, 10:630])


def test_nothing_is_rounded_and_all_is_clipped():
    gt = torch.full((1, 3, 12, 12), 100 / 255)
    shown = Protocol(scale=1).view(gt + 0.6 / 255, gt, grey=False)
    # 20 log10(255 / 0.6): rounding would make a whole level of it.
    assert psnr.measure(*shown).item() == pytest.approx(52.5678, abs=1e-3)
    bright = Protocol(scale=1).view(gt + 2, gt, grey=False)[0]
    assert bright.unique().tolist() == [1]


def test_its_ssim_sees_zeros_beyond_the_borders():
    assert METRICS == ("psnr", "ssim_ffa")
    gt = torch.full((1, 3, 24, 24), 0.6)
    shown = Protocol(scale=1).view(gt - 0.2, gt, grey=False)
    # Two planes: 1 under every whole window but for the light; zeros around make structure at the rim.
    light = (2 * 0.4 * 0.6 + 1e-4) / (0.4**2 + 0.6**2 + 1e-4)
    assert ssim.measure(*shown).item() == pytest.approx(light, abs=1e-6)
    assert abs(ssim_ffa.measure(*shown).item() - light) > 1e-3
