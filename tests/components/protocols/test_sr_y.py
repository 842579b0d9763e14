"""The super-resolution protocol: by hand on small images, and on Set5 and Set14 where they are."""

import math
import os
from pathlib import Path

import pytest
import torch

from components.errors import PairError
from components.metrics import psnr, ssim
from components.models import bicubic
from components.pictures import colour, images
from components.pictures.resize import resize
from components.protocols.sr_y import METRICS, Protocol
from components.sources import paired_sr


def levels(*shape: int, top: int = 255) -> torch.Tensor:
    """Give a picture as it comes from a file."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, top + 1, shape, generator=generator).float() / top


def test_it_is_named_with_its_settings_and_psnr_is_first():
    assert Protocol(scale=4).id == "sr_y:x4:crop4"
    assert METRICS == ("psnr", "ssim")


def test_a_border_of_scale_pixels_is_left_out():
    gt = levels(1, 3, 9, 10)
    restored = gt.clone()
    restored[..., 0] = restored[..., -3:] = restored[..., :3, :] = restored[..., -3:, :] = 0.5
    shown = Protocol(scale=3).view(restored, gt, grey=False)
    assert [tuple(image.shape) for image in shown] == [(1, 1, 3, 4)] * 2
    assert torch.equal(*shown)


def test_colour_becomes_luma_of_the_rounded_restored_image():
    # 100.4 and 300 levels of 255 are stored as 100 and 255; green weighs 128.553.
    restored = torch.zeros(1, 3, 3, 3)
    restored[:, 0], restored[:, 1] = 100.4 / 255, 300 / 255
    shown, black = Protocol(scale=1).view(restored, torch.zeros(1, 3, 3, 3), grey=False)
    assert shown.dtype == torch.float64
    assert shown.item() * 255 == pytest.approx(16 + 65.481 * 100 / 255 + 128.553, abs=1e-10)
    assert black.item() * 255 == pytest.approx(16, abs=1e-12)


def test_grey_is_compared_in_full_range():
    restored, gt = torch.full((1, 3, 3, 3), 0.8), torch.full((1, 3, 3, 3), 0.2)
    shown = Protocol(scale=1).view(restored, gt, grey=True)
    assert [image.item() for image in shown] == pytest.approx([204 / 255, 51 / 255], abs=1e-5)


def test_a_restored_image_in_colour_is_made_grey_for_a_grey_ground_truth():
    restored = levels(1, 3, 5, 5)
    shown, _ = Protocol(scale=1).view(restored, torch.zeros(1, 3, 5, 5), grey=True)
    expected = (colour.grey(restored.double())[..., 1:-1, 1:-1] * 255).round() / 255
    assert torch.equal(shown, expected)


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_perfect_restoration_has_infinite_psnr(grey, dtype):
    gt = levels(1, 1, 8, 8).expand(1, 3, 8, 8) if grey else levels(1, 3, 8, 8)
    restored = (gt.double() + 0.001).to(dtype)
    shown = Protocol(scale=2).view(restored, gt, grey=grey)
    assert psnr.measure(*shown).item() == math.inf


def test_a_ground_truth_of_16_bits_keeps_them():
    gt = levels(1, 3, 4, 4, top=65535)
    _, shown = Protocol(scale=1).view(gt, gt, grey=True)
    assert (shown - gt[:, :1, 1:-1, 1:-1].double()).abs().max() < 1e-7


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_refused_before_it_is_clamped(value):
    restored = torch.zeros(1, 3, 8, 8)
    restored[0, 0, 4, 4] = value
    with pytest.raises(PairError, match="NaN or Inf"):
        Protocol(scale=2).view(restored, torch.zeros(1, 3, 8, 8), grey=False)


def test_a_crop_that_leaves_nothing_and_unequal_shapes_are_refused():
    image = torch.zeros(1, 3, 8, 9)
    with pytest.raises(PairError, match="a border of 4 pixels leaves nothing of 8x9"):
        Protocol(scale=4).view(image, image, grey=False)
    with pytest.raises(PairError, match="one shape"):
        Protocol(scale=4).view(image, image[..., 1:], grey=False)


def downscaled(gt: torch.Tensor) -> torch.Tensor:
    height, width = gt.shape[-2:]
    return (resize(gt, height // 4, width // 4).clamp(0, 1) * 255).round() / 255


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True], ids=["published mates", "our own mates"])
@pytest.mark.parametrize(
    ("name", "psnr_db", "similarity"), [("Set5", 28.43, 0.8113), ("Set14", 26.00, 0.7030)]
)
def test_bicubic_has_the_decibels_that_papers_print(name, psnr_db, similarity, own):
    """Papers print 28.42 dB and 26.00 dB; theirs round Y to 8 bits, which costs 0.012 dB on Set5."""
    folder = os.environ.get("RESTILL_DATASETS")
    if not folder:
        pytest.skip("RESTILL_DATASETS does not name a folder that holds Set5 and Set14")
    model, protocol = bicubic.Model(bicubic.PRESETS["x4"]), Protocol(scale=4)
    rows = []
    for found in paired_sr.Source(paired_sr.Params(scale=4)).find(Path(folder) / name):
        picture = images.read(found.gt)
        gt = images.rgb(picture)[None]
        assert found.lq is not None
        lq = downscaled(gt) if own else images.rgb(images.read(found.lq))[None]
        shown = protocol.view(model(lq), gt, grey=picture.grey)
        rows.append((psnr.measure(*shown).item(), ssim.measure(*shown).item()))
    mean_psnr_db, mean_similarity = torch.tensor(rows, dtype=torch.float64).mean(dim=0).tolist()
    assert mean_psnr_db == pytest.approx({"Set5": 28.42, "Set14": 26.00}[name], abs=0.02)
    assert mean_psnr_db == pytest.approx(psnr_db, abs=0.005)
    assert mean_similarity == pytest.approx(similarity, abs=2e-4)
