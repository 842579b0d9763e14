"""GMSD against the definition written with SciPy, another implementation, and numbers by hand."""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from components.errors import PairError
from components.metrics import gmsd
from components.pictures import colour


def slow(restored, gt):
    """Follow the authors' MATLAB code line by line, in levels of 255; conv2 is SciPy's convolve2d."""
    across = np.array([[1, 0, -1]] * 3) / 3
    gradients = []
    for image in (restored, gt):
        smooth = signal.convolve2d(255 * image, np.ones((2, 2)) / 4)
        half = smooth[1:, 1:][::2, ::2]  # MATLAB's "same" leaves the first row and column out
        x, y = (signal.convolve2d(half, f, mode="same") for f in (across, across.T))
        gradients.append(np.sqrt(x**2 + y**2))
    x, y = gradients
    return ((2 * x * y + 170) / (x**2 + y**2 + 170)).std(ddof=1)


def test_it_equals_the_definition_on_a_photograph(astronaut):
    gt = astronaut[:, :1, 100:243, 50:241]
    noise = torch.randn(gt.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    for restored in ((gt + 0.1 * noise).clamp(0, 1), gt.roll(1, dims=-1), 0.2 * gt, 1 - gt):
        expected = slow(restored[0, 0].numpy(), gt[0, 0].numpy())
        assert gmsd.measure(restored, gt).item() == pytest.approx(expected, abs=1e-12)


def test_it_equals_piq_up_to_the_deviation_of_a_sample(astronaut):
    # piq 0.8.0, piq.gmsd(restored, gt, data_range=1.0), divides by n, the authors by n - 1.
    restored, gt = astronaut[:, :1].roll(1, dims=-1), astronaut[:, :1]
    n = 200 * 192
    expected = 0.10289460952711572 * math.sqrt(n / (n - 1))
    assert gmsd.measure(restored, gt).item() == pytest.approx(expected, abs=1e-6)


def test_a_white_line_in_the_dark_worked_by_hand():
    # At half size there are 3 x 3 pixels, the middle column white. Along x the gradient is 2/3, 1, 2/3 on
    # both sides of it and 0 on it; along y it is 1/3 in the first and last row, where the line ends.
    # Against black the similarity is T / (g^2 + T).
    gt = torch.zeros(1, 1, 6, 6, dtype=torch.float64)
    gt[..., 2:4] = 1
    t = 170 / 255**2
    corner, side, end = (t / (power + t) for power in (4 / 9 + 1 / 9, 1, 1 / 9))
    similarities = np.array([corner] * 4 + [side] * 2 + [end] * 2 + [1.0])
    measured = gmsd.measure(torch.zeros_like(gt), gt).item()
    assert measured == pytest.approx(similarities.std(ddof=1), abs=1e-9)


def test_colour_is_measured_on_grey(astronaut):
    restored = astronaut.roll(1, dims=-1)
    grey = gmsd.measure(colour.grey(restored), colour.grey(astronaut))
    assert torch.equal(gmsd.measure(restored, astronaut), grey)


def test_each_image_of_a_batch_has_its_own_number_and_equal_ones_have_zero(astronaut):
    gt = astronaut[..., :30, :30].expand(2, -1, -1, -1).float()
    measured = gmsd.measure(torch.cat((0.5 * gt[:1], gt[:1])), gt)
    assert measured.dtype == torch.float64
    assert measured[0] > 0.05
    assert measured[1] == 0


def test_what_cannot_be_compared_is_refused():
    image = torch.zeros(1, 1, 12, 12)
    with pytest.raises(PairError, match="one shape"):
        gmsd.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        gmsd.measure(image - 1, image)
    with pytest.raises(PairError, match="1 or 3 channels, got 2"):
        gmsd.measure(image.expand(1, 2, 12, 12), image.expand(1, 2, 12, 12))
    with pytest.raises(PairError, match="at least 3 pixels, got 12x2"):
        gmsd.measure(image[..., :2], image[..., :2])
