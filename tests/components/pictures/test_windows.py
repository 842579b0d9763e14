"""Windows: their weights, both means, and what does not change them. The metrics test the numbers."""

import math

import pytest
import torch

from components.errors import PairError
from components.pictures import windows

GAUSSIAN = windows.gaussian(5, 1.5)


def images(*shape):
    generator = torch.Generator().manual_seed(0)
    gt = torch.rand(*shape, dtype=torch.float64, generator=generator)
    return (gt + 0.2 * gt.flip(-1)) / 1.2, gt


@pytest.mark.parametrize("taps", [GAUSSIAN, windows.gaussian(3, 7 / 6), windows.box(7)])
def test_weights_are_symmetric_and_sum_to_exactly_one_in_single_precision(taps):
    assert taps == taps[::-1]
    assert sum(taps) == 1
    assert torch.tensor(taps, dtype=torch.float32).tolist() == list(taps)


def test_a_gaussian_falls_as_it_must_and_a_box_does_not():
    assert GAUSSIAN[5] / GAUSSIAN[4] == pytest.approx(math.exp(1 / 4.5), rel=1e-5)
    assert windows.box(3) == pytest.approx((1 / 3,) * 3, abs=1e-7)


def test_structure_is_ssim_without_the_luminance_worked_by_hand():
    # One window over one white pixel of 121, gaussian weights w: variances w a^2 - (w a)^2.
    x, y = torch.zeros(2, 1, 1, 11, 11, dtype=torch.float64)
    x[..., 5, 5], y[..., 5, 5] = 0.5, 1.0
    w = GAUSSIAN[5] ** 2
    structure = (2 * 0.5 * (w - w * w) + 9e-4) / (1.25 * (w - w * w) + 9e-4)
    light = (2 * 0.5 * w * w + 1e-4) / (1.25 * w * w + 1e-4)
    found = windows.compare(x, y, GAUSSIAN)
    assert found.structure.item() == pytest.approx(structure, abs=1e-6)
    assert found.ssim.item() == pytest.approx(light * structure, abs=1e-6)


def test_every_channel_of_every_image_has_its_own_means():
    restored, gt = images(3, 2, 50, 70)
    together = windows.compare(restored, gt, GAUSSIAN)
    for image in range(3):
        for channel in range(2):
            alone = windows.compare(
                restored[image, channel][None, None], gt[image, channel][None, None], GAUSSIAN
            )
            for many, one in zip(together, alone, strict=True):
                assert many[image, channel].item() == pytest.approx(one.item(), abs=1e-9)


def test_pictures_wider_than_what_is_taken_at_once_are_measured_whole():
    restored, gt = images(1, 1, 12, 4100)
    wide = windows.compare(restored, gt, GAUSSIAN).ssim.item()
    turned = windows.compare(restored.mT, gt.mT, GAUSSIAN).ssim.item()
    assert wide == pytest.approx(turned, abs=1e-7)


def test_views_give_what_their_copies_give():
    restored, gt = images(1, 3, 60, 64)
    last = [i.contiguous(memory_format=torch.channels_last) for i in (restored, gt)]
    crop = [i[..., 4:-4, 4:-4] for i in (restored, gt)]
    plain = windows.compare(restored, gt, GAUSSIAN).ssim
    assert torch.equal(windows.compare(*last, GAUSSIAN).ssim, plain)
    copies = windows.compare(*(i.contiguous() for i in crop), GAUSSIAN).ssim
    assert torch.equal(windows.compare(*crop, GAUSSIAN).ssim, copies)


def test_autocast_does_not_coarsen_the_weights():
    restored, gt = images(1, 1, 40, 40)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = windows.compare(restored, gt, GAUSSIAN).ssim
    assert torch.equal(inside, windows.compare(restored, gt, GAUSSIAN).ssim)


def test_too_small_a_picture_is_refused_by_the_metrics_name():
    windows.require_room(torch.zeros(1, 1, 7, 7), 7, "X")
    with pytest.raises(PairError, match="X needs sides of at least 7 pixels, got 9x6"):
        windows.require_room(torch.zeros(1, 1, 9, 6), 7, "X")
