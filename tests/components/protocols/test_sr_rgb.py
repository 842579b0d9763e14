"""Super-resolution on RGB: all channels, six pixels more left out."""

import pytest
import torch

from components.errors import PairError
from components.metrics import psnr
from components.protocols.sr_rgb import Protocol


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_scale_and_six_pixels_are_left_out(scale):
    protocol, border = Protocol(scale=scale), scale + 6
    assert protocol.id == f"sr_rgb:x{scale}:crop{border}"
    gt = torch.randint(0, 256, (1, 3, 40, 44)).float() / 255
    restored = torch.zeros_like(gt)
    inside = (..., slice(border, -border), slice(border, -border))
    restored[inside] = gt[inside]
    shown = protocol.view(restored, gt, grey=False)
    assert shown[0].shape == (1, 3, 40 - 2 * border, 44 - 2 * border)
    assert torch.equal(*shown)


def test_all_channels_count_alike():
    gt = torch.zeros(1, 3, 30, 30)
    for channel in range(3):  # 20 log10(255 / 30) + 10 log10 3
        restored = gt.clone()
        restored[:, channel] = 30 / 255
        shown = Protocol(scale=4).view(restored, gt, grey=False)
        assert psnr.measure(*shown).item() == pytest.approx(23.3596, abs=1e-4)


def test_a_crop_that_leaves_nothing_is_refused():
    image = torch.zeros(1, 3, 20, 30)
    with pytest.raises(PairError, match="a border of 10 pixels leaves nothing of 20x30"):
        Protocol(scale=4).view(image, image, grey=False)
