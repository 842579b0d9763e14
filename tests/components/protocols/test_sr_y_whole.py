"""Super-resolution on the luma of the whole image."""

import pytest
import torch

from components.metrics import psnr
from components.protocols.sr_y_whole import Protocol


def test_no_border_is_left_out():
    protocol = Protocol(scale=4)
    assert protocol.id == "sr_y_whole:x4:crop0"
    gt = torch.zeros(1, 3, 8, 8)
    restored = gt.clone()
    restored[..., 0, 0] = 1  # one of 64 pixels is off by 219 of 255 levels
    shown = protocol.view(restored, gt, grey=False)
    expected = -10 * torch.log10(torch.tensor((219 / 255) ** 2 / 64))
    assert psnr.measure(*shown).item() == pytest.approx(expected.item(), abs=1e-4)


def test_grey_is_measured_on_luma_too():
    gt, restored = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 10 / 255)
    grey, colour = (Protocol(scale=4).view(restored, gt, grey=g) for g in (True, False))
    assert all(torch.equal(one, other) for one, other in zip(grey, colour, strict=True))
