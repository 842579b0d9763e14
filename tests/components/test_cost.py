"""Costs against counts by hand."""

import pytest
import torch
from torch import nn

from components import parts
from components.cost import activation_mib, cost, giga_macs, latencies_ms, num_parameters, retimed
from components.models import bicubic, kdsr, total_variation
from components.pictures import arrays
from components.training import checkpoint

OUTPUT = 480 * 480  # pixels that are counted on
TINY = kdsr.Params(channels=2, num_blocks=1, num_encoder_blocks=0)


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


def test_the_file_of_weights_is_as_large_as_a_checkpoints(tmp_path):
    network = kdsr.Model(TINY)
    checkpoint.save(tmp_path, network, {"model": TINY.model_dump(mode="json")})
    saved = (tmp_path / checkpoint.WEIGHTS).stat().st_size
    assert cost(TINY).file_mib == saved / 2**20


class Steps(nn.Module):
    """Makes four tensors of the input's size; no more than three exist at once, the input with them."""

    scale, privileged = 1, False

    def forward(self, lq, gt=None):
        first = lq + 1
        second = first * 2
        del first
        second.add_(1)  # in place
        return second.view(-1) * 3  # of a view


def test_tensors_alive_at_once_are_counted_by_hand(monkeypatch):
    monkeypatch.setattr(parts, "build", lambda bin_, params: Steps())
    picture = 3 * OUTPUT * 4  # bytes
    assert activation_mib(TINY) == pytest.approx(3 * picture / 2**20 / (OUTPUT / 1e6))


def test_a_method_that_looks_at_the_picture_is_timed_on_one_with_something_in_it(monkeypatch):
    seen = []

    def watched(self, image):
        seen.append((image.shape, arrays.noise_level(image)))
        return image

    monkeypatch.setattr(total_variation.Model, "_denoise", watched)
    latencies_ms([total_variation.Params()] * 2)
    shape, level = seen[0]
    assert shape == (480, 480, 3)
    assert 255 * level == pytest.approx(25, rel=0.15)  # clipped at both ends, so a little less
    assert set(seen) == {seen[0]}  # the same each time


def test_networks_are_timed_in_turn_and_the_larger_takes_longer():
    large = TINY.model_copy(update={"channels": 32, "num_blocks": 2})
    costs = [cost(TINY).model_copy(update={"latency_ms": 0.0, "device": "elsewhere"})] * 2
    small, big = retimed(costs, [TINY, large])
    assert 0 < small.latency_ms < big.latency_ms
    assert small.device.endswith(f"cpu, {torch.get_num_threads()} threads")
    assert small.giga_macs == costs[0].giga_macs
