"""The dehazing protocol on 8 bits: the frame, the rounding, the form of SSIM."""

import pytest
import torch
from skimage import metrics

from components.errors import PairError
from components.metrics import psnr, ssim_skimage
from components.protocols.dehaze_rgb import METRICS, Protocol


def test_the_frame_of_sots_indoor_is_left_out():
    gt = torch.rand(1, 3, 480, 640)
    assert torch.equal(
        Protocol(scale=1).truth(gt, torch.zeros(1, 3, 460, 620)), gt[..., 10:470, 10:630]
    )


def test_without_a_mate_all_counts():
    gt = torch.rand(1, 3, 33, 47)
    assert Protocol(scale=1).truth(gt, None) is gt


def test_a_ground_truth_smaller_than_its_mate_is_refused():
    with pytest.raises(PairError, match="at least as large"):
        Protocol(scale=1).truth(torch.zeros(1, 3, 9, 9), torch.zeros(1, 3, 10, 9))


def test_the_restored_image_is_rounded():
    gt = torch.full((1, 3, 12, 12), 100 / 255)
    shown = Protocol(scale=1).view(gt + 0.6 / 255, gt, grey=False)
    assert psnr.measure(*shown).item() == pytest.approx(48.1308, abs=1e-4)  # 20 log10(255 / 1)


def test_its_metrics_are_scikit_images_on_rgb():
    assert METRICS == ("psnr", "ssim_skimage")
    gt = torch.randint(0, 256, (1, 3, 40, 50)).float() / 255
    shown = Protocol(scale=1).view(gt + 0.1 * torch.randn_like(gt), gt, grey=False)
    arrays = [image[0].permute(1, 2, 0).numpy() for image in shown]
    expected = metrics.structural_similarity(*arrays, channel_axis=2, data_range=1)
    assert ssim_skimage.measure(*shown).item() == pytest.approx(expected, abs=1e-6)
