"""Non-local means, with the noise's level known and estimated."""

import pytest
import skimage.data
import torch

from components.metrics import psnr
from components.models import non_local_means


def photograph() -> torch.Tensor:
    crop = skimage.data.chelsea()[60:156, 130:250].copy()
    return torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255


def quality(restored: torch.Tensor, gt: torch.Tensor) -> float:
    return psnr.measure(restored.clamp(0, 1), gt).item()


@pytest.mark.parametrize("level", [15, 25, 50])
@pytest.mark.parametrize("known", [True, False])
def test_noise_of_every_level_is_lowered_by_decibels(level, known):
    gt = photograph()
    noisy = gt + level / 255 * torch.randn_like(gt)
    params = non_local_means.Params(level=float(level) if known else None)
    gain = quality(non_local_means.Model(params)(noisy), gt) - quality(noisy, gt)
    assert gain > {15: 4, 25: 7, 50: 10}[level]


def test_a_flat_picture_stays_flat():
    flat = torch.full((2, 3, 20, 24), 0.4)
    assert non_local_means.Model(non_local_means.Params())(flat).sub(flat).abs().max() < 1e-5


def test_company_does_not_matter():
    lq = torch.rand(2, 3, 20, 24)
    model = non_local_means.Model(non_local_means.Params())
    assert torch.equal(model(lq)[1:], model(lq[1:]))
