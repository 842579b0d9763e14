"""Costs against counts by hand."""

import pytest
import torch
from torch import nn

from components.cost import cost, giga_macs, num_parameters
from components.models import bicubic, kdsr

OUTPUT = 480 * 480  # pixels that are counted on


def test_the_numbers_of_a_convolution():
    assert num_parameters(nn.Conv2d(3, 8, 3)) == 8 * 3 * 9 + 8


def test_the_multiply_adds_of_a_tiny_network_counted_by_hand():
    c, lq = 4, 240 * 240
    estimator = lq * 9 * (3 * c + c * 2 * c + 2 * c * 2 * c + 2 * c * 4 * c)
    linear = 2 * (4 * c) ** 2 + 4 * c * c  # mlp and compress
    block = lq * (9 * c + 9 * c * c) + c * c + c * 9 * c  # depthwise, ordinary, the kernel's layers
    upsampler = lq * 9 * c * 4 * c
    trunk = lq * 9 * (3 * c + c * c) + upsampler + OUTPUT * 9 * c * 3  # head, fuse; tail
    params = kdsr.Params(scale=2, channels=c, num_blocks=1, num_encoder_blocks=0)
    by_hand = (estimator + linear + block + trunk) / OUTPUT * 1e6
    assert giga_macs(params) * 1e9 == pytest.approx(by_hand, rel=1e-12)


def test_bicubic_costs_its_two_matrix_products():
    rows, columns = 480 * 120 * 120, 480 * 120 * 480
    by_hand = 3 * (rows + columns) / OUTPUT * 1e6
    assert giga_macs(bicubic.Params(scale=4)) * 1e9 == pytest.approx(by_hand, rel=1e-12)


def test_the_papers_medium_student():
    # Counted on the authors' classes, dynamic convolutions included: 228.64 G at 180 x 320, x4.
    assert giga_macs(kdsr.PRESETS["M"]) == pytest.approx(228.64 / (720 * 1280 / 1e6), rel=1e-3)


def test_a_teacher_costs_more_for_it_sees_more():
    student = kdsr.PRESETS["small"]
    teacher = student.model_copy(update={"privileged": True})
    seen_more = 120 * 120 * 9 * 48 * 24 / OUTPUT * 1e6
    assert (giga_macs(teacher) - giga_macs(student)) * 1e9 == pytest.approx(seen_more)


@pytest.mark.parametrize("privileged", [False, True])
def test_the_whole_cost_of_a_network(privileged):
    params = kdsr.Params(channels=2, num_blocks=1, num_encoder_blocks=0, privileged=privileged)
    found = cost(params)
    assert found.num_parameters == num_parameters(kdsr.Model(params))
    assert found.giga_macs == giga_macs(params)
    assert 0 < found.latency_ms < 60_000
    assert found.device.endswith(f"cpu, {torch.get_num_threads()} threads")
