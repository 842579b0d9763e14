"""The deraining protocol, by hand and against scikit-image."""

import numpy as np
import pytest
import skimage.data
import torch
from skimage import metrics

from components.metrics import psnr, ssim
from components.protocols import derain_y_matlab, sr_y


def plane(*levels: float) -> torch.Tensor:
    return torch.tensor(levels).view(1, 3, 1, 1).expand(1, 3, 12, 12) / 255


def test_luma_is_rounded_to_bytes():
    # 16 + 65.481 * 100/255 + 128.553 * 150/255 + 24.966 * 200/255 = 136.88
    shown, _ = derain_y_matlab.Protocol(scale=1).view(
        plane(100.4, 150, 200), plane(0, 0, 0), grey=False
    )
    assert shown.unique().mul(255).tolist() == pytest.approx([137], abs=1e-9)
    assert shown.shape == (1, 1, 12, 12)


def test_an_error_too_small_for_a_level_of_luma_is_not_seen():
    # Blue weighs 24.966 / 255 of a level.
    restored, gt = plane(100, 150, 202), plane(100, 150, 200)
    assert torch.equal(*derain_y_matlab.Protocol(scale=1).view(restored, gt, grey=False))


def test_a_grey_ground_truth_is_compared_as_it_is():
    shown = derain_y_matlab.Protocol(scale=1).view(
        plane(99.6, 99.6, 99.6), plane(60, 60, 60), grey=True
    )
    assert [image.unique().item() * 255 for image in shown] == pytest.approx([100, 60], abs=1e-6)


def noisy() -> tuple[np.ndarray, np.ndarray]:
    gt = skimage.data.astronaut()[100:260, 120:280]
    noise = np.random.default_rng(0).normal(0, 12, gt.shape)
    return np.uint8(np.clip(np.round(gt + noise), 0, 255)), gt


def tensor(samples: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(samples).permute(2, 0, 1)[None].float() / 255


def test_it_is_what_matlabs_formulas_give_in_numpy():
    """Golden: rgb2ycbcr for bytes in NumPy, PSNR with peak 255, SSIM of scikit-image in Wang's form."""
    pair = noisy()
    weights = np.array([65.481, 128.553, 24.966])
    y = [np.floor(16 + samples @ weights / 255 + 0.5) for samples in pair]
    shown = derain_y_matlab.Protocol(scale=1).view(*map(tensor, pair), grey=False)
    expected = 20 * np.log10(255 / np.sqrt(np.mean((y[0] - y[1]) ** 2)))
    assert psnr.measure(*shown).item() == pytest.approx(expected, abs=1e-4)  # a tie or two
    _, similarity = metrics.structural_similarity(
        *y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, full=True
    )
    assert ssim.measure(*shown).item() == pytest.approx(similarity[5:-5, 5:-5].mean(), abs=1e-6)


def test_rounding_luma_again_costs_a_hundredth_of_a_decibel():
    pair = [tensor(samples) for samples in noisy()]
    rounded = psnr.measure(*derain_y_matlab.Protocol(scale=1).view(*pair, grey=False)).item()
    plain = sr_y.Protocol(scale=1).view(*pair, grey=False)
    assert 0.005 < psnr.measure(*plain).item() - rounded < 0.1
