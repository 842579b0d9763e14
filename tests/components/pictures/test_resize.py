"""Resizing against an independent per-pixel reference and numbers worked by hand."""

import math

import pytest
import torch

from components.pictures.resize import _by_whole_matrices, resize


def slow_side(line: list[float], wanted: int) -> list[float]:
    """Resize one line pixel by pixel, as MATLAB's documentation words it; borders by reflection."""
    length = len(line)
    factor = wanted / length
    stretch = min(factor, 1.0)

    def keys(x: float) -> float:
        x = abs(x)
        if x < 1:
            return 1.5 * x**3 - 2.5 * x**2 + 1
        return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0

    def pixel(i: int) -> float:
        while not 0 <= i < length:
            i = -1 - i if i < 0 else 2 * length - 1 - i
        return line[i]

    out = []
    for k in range(1, wanted + 1):  # MATLAB counts from one
        u = k / factor + 0.5 * (1 - 1 / factor)
        span = math.ceil(2 / stretch) + 2
        around = range(math.floor(u) - span, math.floor(u) + span + 1)
        weights = [keys(stretch * (u - i)) for i in around]
        total = sum(w * pixel(i - 1) for w, i in zip(weights, around, strict=True))
        out.append(total / sum(weights))
    return out


def slow_resize(image: torch.Tensor, height: int, width: int) -> torch.Tensor:
    def plane(values: torch.Tensor) -> list[list[float]]:
        wide = [slow_side(row, width) for row in values.tolist()]
        tall = [slow_side(list(column), height) for column in zip(*wide, strict=True)]
        return [list(row) for row in zip(*tall, strict=True)]

    planes = [plane(values) for values in image.flatten(0, 1)]
    return torch.tensor(planes, dtype=torch.float64).view(*image.shape[:2], height, width)


@pytest.mark.parametrize(
    ("sides", "wanted"),
    [
        ((16, 24), (4, 6)),
        ((4, 6), (16, 24)),
        ((12, 9), (4, 3)),
        ((13, 17), (7, 31)),
        ((25, 11), (6, 11)),
        ((5, 3), (2, 1)),
        ((2, 1), (9, 4)),
        ((40, 3), (1, 3)),
        ((3, 137), (2, 45)),
        ((131, 2), (33, 7)),
        ((70, 1), (301, 1)),
    ],
)
def test_every_pixel_equals_the_slow_reference(sides, wanted):
    image = torch.rand(2, 3, *sides, dtype=torch.float64)
    assert (resize(image, *wanted) - slow_resize(image, *wanted)).abs().max() < 1e-9


def test_large_sides_that_are_resized_in_blocks_equal_the_whole_matrices():
    image = torch.rand(2, 1, 300, 210, dtype=torch.float64)
    for sides in ((75, 70), (300, 840), (299, 1), (1200, 53)):
        whole = _by_whole_matrices(image, *sides)
        assert (resize(image, *sides) - whole).abs().max() < 1e-14


def test_single_precision_stays_within_its_rounding():
    image = torch.rand(1, 3, 64, 48)
    exact = resize(image.double(), 16, 12)
    small = resize(image, 16, 12)
    assert small.dtype == torch.float32
    assert (small - exact).abs().max() < 1e-6


def test_a_step_doubled_gives_the_kernel_worked_by_hand():
    # At distances 1/4, 3/4, 5/4 and 7/4 the kernel is 111, 29, -9 and -3 parts of 128.
    step = torch.tensor([0.0, 0, 0, 1, 1, 1], dtype=torch.float64).view(1, 1, 1, 6)
    edge = 128 * resize(step, 1, 12)[0, 0, 0, 3:9]
    worked = [-3, -9, 29 - 3, 111 - 9, 128 + 9, 128 + 3]
    assert edge.tolist() == pytest.approx(worked, abs=1e-12)


def test_a_flat_picture_stays_flat_up_to_its_borders():
    flat = torch.full((1, 1, 10, 7), 0.3, dtype=torch.float64)
    for wanted in ((3, 2), (31, 20)):
        assert (resize(flat, *wanted) - 0.3).abs().max() < 1e-15


def test_the_same_size_gives_the_same_picture():
    image = torch.rand(1, 3, 9, 14, dtype=torch.float64)
    assert torch.equal(resize(image, 9, 14), image)


def test_gradients_pass_also_after_an_evaluation_filled_the_cache():
    for side in (22, 122):  # whole, and in blocks
        image = torch.rand(1, 1, side, 26)
        with torch.inference_mode():
            resize(image, side // 2, 13)
        image.requires_grad_()
        resize(image, side // 2, 13).sum().backward()
        assert image.grad is not None
        assert image.grad.sum().item() == pytest.approx(side // 2 * 13, rel=1e-5)


def test_autocast_does_not_coarsen_the_weights():
    image = torch.rand(1, 3, 32, 32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        coarse = resize(image, 8, 8)
    assert torch.equal(coarse, resize(image, 8, 8))
