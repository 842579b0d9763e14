"""The dark channel prior on haze whose airlight and transmission are known."""

import pytest
import skimage.data
import torch
from scipy import ndimage

from components.metrics import psnr
from components.models import dark_channel
from components.models.dark_channel import Model, Params

AIR = (0.9, 0.85, 0.95)


def scene() -> torch.Tensor:
    picture = skimage.data.coffee()[:200, :240].copy()
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def hazy(gt: torch.Tensor, far: float = 0.2) -> torch.Tensor:
    """Lay haze over a scene that recedes to the left, down to a transmission of `far`."""
    transmission = torch.linspace(far, 1, gt.shape[-1]).view(1, 1, 1, -1)
    return gt * transmission + torch.tensor(AIR).view(1, 3, 1, 1) * (1 - transmission)


def quality(restored: torch.Tensor, gt: torch.Tensor) -> float:
    return psnr.measure(restored.clamp(0, 1), gt).item()


def test_haze_is_lowered_by_decibels():
    gt = scene()
    assert quality(Model(Params())(hazy(gt)), gt) > quality(hazy(gt), gt) + 3


def test_the_airlight_of_deep_haze_is_found():
    found = Model(Params()).encode(hazy(scene(), far=0.0))
    assert found[0].tolist() == pytest.approx(AIR, abs=0.03)


def test_the_dark_channel_is_scipys_minimum_filter():
    image = torch.rand(1, 3, 20, 30)
    expected = ndimage.minimum_filter(image[0].amin(0).numpy(), 7, mode="nearest")
    assert torch.equal(dark_channel._dark_channel(image, 7)[0, 0], torch.from_numpy(expected))


def test_the_box_averages_what_lies_inside_the_picture():
    image = torch.arange(12.0).view(1, 1, 3, 4)
    mean = dark_channel._box(image, 1)[0, 0]
    assert mean[0, 0].item() == pytest.approx((0 + 1 + 4 + 5) / 4)
    assert mean[1, 1].item() == pytest.approx(5)
    assert dark_channel._box(image, 9).unique().tolist() == pytest.approx([5.5])


def test_the_filter_keeps_an_edge_of_its_guide():
    guide = (torch.arange(60) >= 30).float().view(1, 1, 1, 60).expand(1, 1, 40, 60)
    rough = 0.2 + 0.6 * guide
    refined = Model(Params(reach=10))._refine(guide, rough)
    assert (refined - rough).abs().max() < 0.02


def test_the_airlight_of_the_whole_picture_serves_its_tiles():
    lq = hazy(scene())
    model = Model(Params(reach=8, patch=5))
    code = model.encode(lq)
    whole, tile = model.restore(lq, code), model.restore(lq[..., 40:140, 60:180], code)
    assert (tile[..., 24:-24, 24:-24] - whole[..., 64:116, 84:156]).abs().max() < 1e-4


def test_company_does_not_matter():
    lq = torch.cat([hazy(scene()), scene()])
    assert torch.allclose(Model(Params())(lq)[1:], Model(Params())(lq[1:]), atol=1e-6)


def test_a_black_picture_gives_numbers():
    assert Model(Params())(torch.zeros(1, 3, 20, 20)).isfinite().all()


def test_an_even_patch_is_refused():
    with pytest.raises(ValueError, match="patch must be odd"):
        Params(patch=4)
