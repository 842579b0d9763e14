"""PromptIR's protocol: crops to multiples of 16, and noise that is cut to bytes."""

import numpy as np
import pytest
import skimage.data
import torch
from skimage import metrics

from components.metrics import psnr, ssim_skimage
from components.protocols.all_in_one_rgb16 import Protocol


def test_both_pictures_lose_their_rims_before_the_model_sees_them():
    image = torch.rand(1, 3, 321, 481)
    assert torch.equal(Protocol(scale=1).truth(image, None), image[..., :320, :480])
    odd = torch.rand(1, 3, 37, 50)
    assert torch.equal(Protocol(scale=1).truth(odd, None), odd[..., 2:34, 1:49])
    assert Protocol(scale=1).given(odd).shape == (1, 3, 32, 48)


def test_the_ground_truth_is_first_cropped_to_its_mate():
    gt, hazy = torch.rand(1, 3, 480, 640), torch.zeros(1, 3, 460, 620)
    # 460 = 28 * 16 + 12 and 620 = 38 * 16 + 12: six more pixels at each edge.
    assert torch.equal(Protocol(scale=1).truth(gt, hazy), gt[..., 16:464, 16:624])


def test_noise_is_clipped_and_cut_as_numpys_conversion_to_bytes_does():
    """Golden: np.clip(x + noise, 0, 255).astype(np.uint8), PSNR and SSIM of scikit-image on floats."""
    gt = skimage.data.astronaut()[:160, :176]
    noisy = gt + np.random.default_rng(0).normal(0, 50, gt.shape)
    cut = np.clip(noisy, 0, 255).astype(np.uint8)
    clean, given = (
        torch.from_numpy(a).permute(2, 0, 1)[None].float() / 255 for a in (gt.copy(), noisy)
    )
    protocol = Protocol(scale=1)
    lq = protocol.given(given)
    apart = (lq * 255).round()[0].permute(1, 2, 0) - torch.from_numpy(cut).float()
    assert (apart != 0).float().mean() < 5e-4  # single precision next to a level
    assert apart.abs().max() <= 1
    shown = protocol.view(lq, clean, grey=False)
    unit = cut / np.float64(255), gt / np.float64(255)
    expected = metrics.peak_signal_noise_ratio(unit[1], unit[0], data_range=1)
    assert psnr.measure(*shown).item() == pytest.approx(expected, abs=1e-4)
    similarity = metrics.structural_similarity(*unit, channel_axis=2, data_range=1)
    assert ssim_skimage.measure(*shown).item() == pytest.approx(similarity, abs=1e-5)


def test_the_clip_makes_the_hardest_noise_a_decibel_easier():
    gt = torch.from_numpy(skimage.data.coffee().copy()).permute(2, 0, 1)[None].float() / 255
    noisy = gt + 50 / 255 * torch.randn_like(gt)
    protocol = Protocol(scale=1)
    truth = protocol.truth(gt, None)
    after = psnr.measure(*protocol.view(protocol.given(noisy), truth, grey=False)).item()
    assert after - 20 * np.log10(255 / 50) > 0.8


def test_the_result_is_not_rounded():
    gt = torch.full((1, 3, 16, 16), 100 / 255)
    shown = Protocol(scale=1).view(gt + 0.4 / 255, gt, grey=False)
    assert psnr.measure(*shown).item() == pytest.approx(56.0896, abs=1e-3)  # 20 log10(255 / 0.4)
