"""The deblurring protocol: 8 bits, all three channels, every pixel."""

import pytest
import torch
from skimage import metrics

from components.metrics import psnr, ssim
from components.protocols.deblur_rgb import Protocol


def test_every_pixel_of_every_channel_counts():
    gt = torch.zeros(1, 3, 10, 10)
    restored = gt.clone()
    restored[0, 2, 9, 9] = 1  # one of 300 values is off by the peak
    shown = Protocol(scale=1).view(restored, gt, grey=False)
    assert psnr.measure(*shown).item() == pytest.approx(24.7712, abs=1e-4)


def test_it_is_what_scikit_image_gives_on_rounded_rgb():
    gt = torch.randint(0, 256, (1, 3, 40, 50)).float() / 255
    restored = gt + 0.1 * torch.randn_like(gt)
    shown = Protocol(scale=1).view(restored, gt, grey=False)
    samples = (restored.double().clamp(0, 1) * 255).round()[0].permute(1, 2, 0).numpy()
    truth = (gt * 255).round()[0].permute(1, 2, 0).numpy()
    expected = metrics.peak_signal_noise_ratio(truth, samples, data_range=255)
    assert psnr.measure(*shown).item() == pytest.approx(expected, abs=1e-5)
    _, places = metrics.structural_similarity(
        truth, samples, channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, data_range=255, full=True,
    )  # fmt: skip
    assert ssim.measure(*shown).item() == pytest.approx(places[5:-5, 5:-5].mean(), abs=1e-6)
