"""PSNR against numbers worked by hand."""

import math

import pytest
import torch

from components.errors import PairError
from components.metrics import psnr


def test_a_uniform_error_of_a_tenth_is_twenty_decibels():
    gt = torch.full((2, 3, 4, 5), 0.5, dtype=torch.float64)
    assert psnr.measure(gt + 0.1, gt).tolist() == pytest.approx([20.0, 20.0], abs=1e-9)


def test_the_squared_error_is_averaged_over_pixels_and_channels_before_the_logarithm():
    # One of 4 pixels in one of 3 channels is off by 30 levels: 255^2 * 12 / 30^2 = 867.
    gt = torch.zeros(1, 3, 2, 2, dtype=torch.float64)
    restored = gt.clone()
    restored[0, 1, 0, 1] = 30 / 255
    assert psnr.measure(restored, gt).item() == pytest.approx(10 * math.log10(867), abs=1e-9)


def test_each_image_of_a_batch_has_its_own_number():
    gt = torch.zeros(2, 1, 8, 8, dtype=torch.float64)
    errors = torch.tensor([0.1, 0.01], dtype=torch.float64).view(2, 1, 1, 1)
    assert psnr.measure(gt + errors, gt).tolist() == pytest.approx([20.0, 40.0], abs=1e-9)


def test_equal_images_have_infinite_psnr():
    gt = torch.rand(1, 3, 6, 6)
    assert psnr.measure(gt, gt).item() == math.inf


def test_the_arguments_are_left_alone_and_the_answer_is_double():
    restored, gt = torch.rand(1, 1, 4, 4), torch.rand(1, 1, 4, 4)
    before = restored.clone(), gt.clone()
    assert psnr.measure(restored, gt).dtype == torch.float64
    assert torch.equal(restored, before[0])
    assert torch.equal(gt, before[1])


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(PairError, match="one shape"):
        psnr.measure(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))
    with pytest.raises(PairError, match="spans 0 to 2"):
        psnr.measure(torch.tensor([0.0, 2.0]).view(1, 1, 1, 2), torch.zeros(1, 1, 1, 2))
