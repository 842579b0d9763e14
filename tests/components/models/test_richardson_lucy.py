"""Richardson-Lucy deconvolution: what it brings back, and what it leaves alone."""

import pytest
import skimage.data
import torch

from components import parts
from components.draws import Draws
from components.metrics import psnr
from components.models import richardson_lucy


def photograph() -> torch.Tensor:
    crop = skimage.data.astronaut()[100:196, 150:262].copy()
    return torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255


def blurred(gt: torch.Tensor) -> torch.Tensor:
    steps = [{"name": "gaussian_blur", "width": 1.8}, {"name": "quantise"}]
    chain = parts.build(
        "degradations", parts.configure("degradations", {"name": "chain", "steps": steps})
    )
    return chain(gt, Draws(torch.zeros(1, dtype=torch.int64))).image


def quality(restored: torch.Tensor, gt: torch.Tensor) -> float:
    return psnr.measure(restored.clamp(0, 1), gt).item()


def test_a_known_blur_is_undone_by_some_decibels():
    gt = photograph()
    lq = blurred(gt)
    assert quality(richardson_lucy.Model(richardson_lucy.Params())(lq), gt) > quality(lq, gt) + 1


def test_the_edges_do_not_ring():
    gt = photograph()
    restored = richardson_lucy.Model(richardson_lucy.Params())(blurred(gt)).clamp(0, 1)
    rim, lq_rim = (
        psnr.measure(image[..., :6], gt[..., :6]).item() for image in (restored, blurred(gt))
    )
    assert rim > lq_rim


def test_a_flat_picture_stays_flat():
    flat = torch.full((1, 3, 30, 34), 0.4)
    assert richardson_lucy.Model(richardson_lucy.Params())(flat).sub(flat).abs().max() < 1e-3


@pytest.mark.parametrize("side", [1, 5])
def test_small_pictures_are_taken(side):
    lq = torch.rand(1, 3, side, 7)
    assert richardson_lucy.Model(richardson_lucy.Params())(lq).shape == lq.shape


def test_more_steps_sharpen_more():
    gt = photograph()
    lq = blurred(gt)
    few, many = (
        quality(richardson_lucy.Model(richardson_lucy.Params(steps=steps))(lq), gt)
        for steps in (5, 20)
    )
    assert many > few
