"""What every file of the bin promises."""

import math
import re

import pytest
import torch

from components import parts, protocols
from components.errors import PairError, ProtocolError

SIDES = (64, 80)


@pytest.fixture(params=parts.names("protocols"))
def part(request):
    return parts.load("protocols", request.param)


@pytest.fixture
def protocol(part) -> protocols.Protocol:
    return part.Protocol(scale=2 if part.Protocol.enlarges else 1)


def pictures(*shape: int) -> torch.Tensor:
    """Give images as they come from files of 8 bits."""
    return torch.randint(0, 256, shape).float() / 255


def metrics(part):
    return [parts.load("metrics", name) for name in part.METRICS]


def test_it_says_what_it_is_and_where_it_comes_from(part):
    assert part.__doc__.splitlines()[0].endswith((".", ":"))
    assert "\nSource: " in part.__doc__
    for word in ("Set", "SSIM"):
        assert word in part.__doc__, word


def test_it_is_a_protocol_and_its_id_begins_with_its_name(part, protocol):
    assert issubclass(part.Protocol, protocols.Protocol)
    assert protocol.id.startswith(part.__name__.rpartition(".")[2])
    assert re.fullmatch(r"[\w:-]+", protocol.id)


def test_ids_differ():
    loaded = [parts.load("protocols", name) for name in parts.names("protocols")]
    ids = [part.Protocol(scale=2 if part.Protocol.enlarges else 1).id for part in loaded]
    assert len(set(ids)) == len(ids)


def test_psnr_is_the_primary_metric_and_all_exist(part):
    assert part.METRICS[0] == "psnr"
    assert all(callable(metric.measure) for metric in metrics(part))


@pytest.mark.parametrize("grey", [False, True])
def test_a_perfect_restoration_is_perfect_by_every_metric(part, protocol, grey):
    file = pictures(2, 1, *SIDES).expand(-1, 3, -1, -1) if grey else pictures(2, 3, *SIDES)
    gt = protocol.truth(file, None)
    shown = protocol.view(gt, gt, grey=grey)
    assert torch.equal(*shown)
    for metric in metrics(part):
        assert metric.measure(*shown).tolist() == [math.inf if metric.UNIT == "dB" else 1.0] * 2


def test_what_it_shows_is_in_range_and_of_one_shape(part, protocol):
    gt = protocol.truth(pictures(2, 3, *SIDES), None)
    shown = protocol.view(gt + 0.5 * torch.randn_like(gt), gt, grey=False)
    assert shown[0].shape == shown[1].shape
    for image in shown:
        assert image.dtype == torch.float64
        assert 0 <= image.min() <= image.max() <= 1
    for metric in metrics(part):
        assert metric.measure(*shown).isfinite().all()


def test_company_does_not_change_what_is_shown(protocol):
    gt = protocol.truth(pictures(3, 3, *SIDES), None)
    restored = gt + 0.1 * torch.randn_like(gt)
    together = protocol.view(restored, gt, grey=False)
    alone = protocol.view(restored[1:2], gt[1:2], grey=False)
    assert all(torch.equal(t[1:2], a) for t, a in zip(together, alone, strict=True))


def test_inputs_are_left_alone(protocol):
    gt, restored = pictures(1, 3, *SIDES), 1.5 * pictures(1, 3, *SIDES)
    before = gt.clone(), restored.clone()
    protocol.given(restored)
    part_of_gt = protocol.truth(gt, None)
    height, width = part_of_gt.shape[-2:]
    protocol.view(restored[..., :height, :width], part_of_gt, grey=False)
    assert torch.equal(gt, before[0])
    assert torch.equal(restored, before[1])


@pytest.mark.parametrize("sides", [(61, 83), (64, 80), (97, 50)])
def test_what_a_model_gets_has_the_size_of_what_counts(protocol, sides):
    gt = pictures(1, 3, *sides)
    truth = protocol.truth(gt, None)
    assert not any(side % protocol.scale for side in truth.shape[-2:])
    if not protocol.enlarges:  # a pair of one size stays one
        mate = pictures(1, 3, *sides)
        assert protocol.given(mate).shape == protocol.truth(gt, mate).shape
        assert protocol.given(truth).shape == truth.shape


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_refused(protocol, value):
    gt = protocol.truth(pictures(1, 3, *SIDES), None)
    restored = gt.clone()
    restored[0, 1, 30, 30] = value
    for grey in (False, True):
        with pytest.raises(PairError, match="NaN or Inf"):
            protocol.view(restored, gt, grey=grey)


def test_another_size_is_refused(protocol):
    gt = protocol.truth(pictures(1, 3, *SIDES), None)
    with pytest.raises(PairError, match="one shape"):
        protocol.view(gt[..., 1:], gt, grey=False)


@pytest.mark.parametrize("scale", [0, -1, 3])
def test_a_scale_that_it_does_not_know_is_refused(part, scale):
    if part.Protocol.enlarges and scale > 0:
        assert part.Protocol(scale=scale).scale == scale
        return
    with pytest.raises(ProtocolError, match=rf"the scale must be .*; got {scale}$"):
        part.Protocol(scale=scale)


def test_half_precision_is_only_for_results_that_are_rounded(part, protocol):
    gt = protocol.truth(pictures(1, 3, *SIDES), None)
    inner = gt.clamp(0.1, 0.9)
    inner = torch.round(inner * 255) / 255
    moved = protocol.view(inner + 0.2 / 255, inner, grey=False)[0]
    still = protocol.view(inner, inner, grey=False)[0]
    assert torch.equal(moved, still) == part.Protocol.half
