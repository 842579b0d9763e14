"""SSIM with zeros beyond the borders, against the definition pixel by pixel and numbers by hand."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from components.errors import PairError
from components.metrics import ssim, ssim_ffa


def slow(restored, gt):
    """Evaluate the definition with one two-dimensional window, in double, by SciPy."""
    line = np.exp(-((np.arange(11) - 5) ** 2) / 4.5)
    window = np.outer(line, line) / line.sum() ** 2

    def mean(image):
        return ndimage.correlate(image, window, mode="constant", cval=0.0)

    maps = []
    for x, y in zip(restored.numpy(), gt.numpy(), strict=True):
        mx, my = mean(x), mean(y)
        vx, vy, c = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
        light = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
        maps.append(light * (2 * c + 9e-4) / (vx + vy + 9e-4))
    return np.mean(maps)


def test_it_equals_the_definition_on_a_photograph(astronaut):
    gt = astronaut[..., 100:243, 50:240]
    noise = torch.randn(gt.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    for restored in ((gt + 0.1 * noise).clamp(0, 1), gt.roll(1, dims=-1), 0.2 * gt, 1 - gt):
        expected = slow(restored[0], gt[0])
        assert ssim_ffa.measure(restored, gt).item() == pytest.approx(expected, abs=1e-6)


def test_one_pixel_worked_by_hand():
    # The window sees one pixel with the weight w of its centre, and zeros around it: the mean of a
    # value a is w a, its variance w a^2 - w^2 a^2.
    line = [math.exp(-(k**2) / 4.5) for k in range(-5, 6)]
    w = 1 / sum(line) ** 2
    a, b = 0.25, 0.75
    light = (2 * w * w * a * b + 1e-4) / (w * w * (a * a + b * b) + 1e-4)
    structure = (2 * (w - w * w) * a * b + 9e-4) / ((w - w * w) * (a * a + b * b) + 9e-4)
    pixels = (torch.full((1, 1, 1, 1), value, dtype=torch.float64) for value in (a, b))
    assert ssim_ffa.measure(*pixels).item() == pytest.approx(light * structure, abs=1e-6)


def test_borders_make_it_another_number_than_ssim(astronaut):
    gt = astronaut[..., :48, :48]
    restored = 0.5 * gt
    assert abs(ssim_ffa.measure(restored, gt) - ssim.measure(restored, gt)) > 1e-3


def test_each_image_of_a_batch_has_its_own_number_and_equal_ones_have_one(astronaut):
    gt = astronaut[..., :30, :30].expand(2, -1, -1, -1)
    restored = torch.cat((0.5 * gt[:1], gt[:1]))
    measured = ssim_ffa.measure(restored, gt)
    assert measured.dtype == torch.float64
    assert measured[0] < 0.9
    assert measured[1] == 1


def test_what_cannot_be_compared_is_refused():
    image = torch.zeros(1, 1, 12, 12)
    with pytest.raises(PairError, match="one shape"):
        ssim_ffa.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="ground truth must lie in"):
        ssim_ffa.measure(image, image + 2)
