"""What every metric promises, found by listing the bin; those with weights have tests of their own."""

import pytest
import torch

from components import parts
from components.errors import PairError

SIDE = 176  # enough for five scales


def holds_params(name):
    return hasattr(parts.load("metrics", name), "Params")


PLAIN = [name for name in parts.names("metrics") if not holds_params(name)]
CONFIGURED = [name for name in parts.names("metrics") if holds_params(name)]


@pytest.fixture(scope="module", params=PLAIN)
def metric(request):
    return parts.load("metrics", request.param)


@pytest.fixture(scope="module")
def pair(astronaut):
    gt = astronaut[..., :SIDE, 100 : 100 + SIDE]
    noise = torch.randn(gt.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    steps = torch.tensor([0.0, 0.02, 0.1, 0.3], dtype=torch.float64).view(-1, 1, 1, 1)
    return (gt + steps * noise).clamp(0, 1), gt.expand(4, -1, -1, -1)


@pytest.mark.parametrize("name", PLAIN + CONFIGURED)
def test_it_says_its_unit_and_its_direction(name):
    module = parts.load("metrics", name)
    metric = getattr(module, "Metric", module)
    assert metric.UNIT in {"", "dB"}
    assert isinstance(metric.HIGHER_IS_BETTER, bool)
    assert callable(metric.measure)


@pytest.mark.parametrize("name", CONFIGURED)
def test_parameters_bear_the_files_name_and_lead_to_the_metric(name):
    module = parts.load("metrics", name)
    assert issubclass(module.Params, parts.PartParams)
    assert module.Params.model_fields["name"].default == name


def test_more_damage_is_worse(metric, pair):
    measured = metric.measure(*pair)
    assert measured.shape == (4,)
    assert measured.dtype == torch.float64
    better_first = measured if metric.HIGHER_IS_BETTER else -measured
    assert (better_first.diff() < 0).all()


def test_equal_images_are_best(metric, pair):
    _, gt = pair
    best = metric.measure(gt[:1], gt[:1]).item()
    assert best in {0.0, 1.0, float("inf")}


def test_a_batch_gives_what_its_images_give_alone(metric, pair):
    alone = [metric.measure(r[None], g[None]).item() for r, g in zip(*pair, strict=True)]
    assert metric.measure(*pair).tolist() == pytest.approx(alone, abs=1e-9)


def test_single_precision_and_views_change_little_and_nothing_is_written_to(metric, pair):
    expected = metric.measure(*pair).tolist()
    for other in (torch.Tensor.float, lambda i: i.to(memory_format=torch.channels_last)):
        given = [other(image) for image in pair]
        copies = [image.clone() for image in given]
        assert metric.measure(*given).tolist() == pytest.approx(expected, abs=1e-5)
        assert all(torch.equal(a, b) for a, b in zip(given, copies, strict=True))


def test_grey_is_measured_too(metric, pair):
    restored, gt = (image[:, :1] for image in pair)
    assert metric.measure(restored, gt).shape == (4,)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_values_out_of_range_are_refused(metric, value):
    good = torch.zeros(1, 1, SIDE, SIDE)
    bad = good.clone()
    bad[0, 0, 3, 4] = value
    with pytest.raises(PairError, match="restored must lie in"):
        metric.measure(bad, good)
    with pytest.raises(PairError, match="ground truth must lie in"):
        metric.measure(good, bad)
