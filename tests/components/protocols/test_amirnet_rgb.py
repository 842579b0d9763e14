"""AMIRNet's protocol: floats, whole pictures."""

import pytest
import torch

from components.metrics import psnr
from components.protocols.amirnet_rgb import METRICS, Protocol


def test_nothing_is_cropped_and_nothing_rounded():
    assert METRICS == ("psnr", "ssim_skimage")
    gt = torch.full((1, 3, 13, 17), 100 / 255)
    protocol = Protocol(scale=1)
    assert protocol.truth(gt, gt).shape == protocol.given(gt).shape == gt.shape
    shown = protocol.view(gt + 0.4 / 255, gt, grey=False)
    assert psnr.measure(*shown).item() == pytest.approx(56.0896, abs=1e-3)  # 20 log10(255 / 0.4)
