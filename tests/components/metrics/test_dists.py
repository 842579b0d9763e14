"""DISTS against its authors' package under equal weights, and every way of lacking weights."""

import pytest
import torch

from components import parts
from components.errors import CheckpointError, PairError
from components.metrics.dists import Metric, Params

# DISTS-pytorch 0.1, DISTS(load_weights=False)(restored, gt) in double, on the pictures below, given the
# weights of `backbones` and `heads`.
BY_THE_AUTHORS = [0.009700225175367727, 0.23558242255383166]


@pytest.fixture(scope="session")
def heads(publish):
    count = torch.arange(1475, dtype=torch.float64).view(1, -1, 1, 1)
    state = {"alpha": count.sin().abs().float(), "beta": count.cos().abs().float()}
    return publish("weights.pt", state)


@pytest.fixture(scope="module")
def metric(backbones, heads):
    part = {"name": "dists", "backbone": backbones["vgg"], "heads": heads}
    return parts.build("metrics", parts.parse("metrics", part))


@pytest.fixture
def images(astronaut):
    gt = astronaut[..., 20:60, 140:188]
    return torch.cat((gt.roll(1, dims=-1), 0.5 * gt)), gt.expand(2, -1, -1, -1)


def test_it_equals_the_authors_package(metric, images):
    measured = metric.measure(*images)
    assert measured.dtype == torch.float64
    assert measured.tolist() == pytest.approx(BY_THE_AUTHORS, rel=1e-5)


def test_equal_images_are_at_no_distance_and_the_other_direction_is_as_far(metric, images):
    restored, gt = images
    assert metric.measure(gt[:1], gt[:1]).item() == 0
    there, back = metric.measure(restored[:1], gt[:1]), metric.measure(gt[:1], restored[:1])
    assert there.item() == pytest.approx(back.item(), rel=1e-9)
    assert not metric.HIGHER_IS_BETTER


def test_texture_that_moves_is_nearer_than_texture_that_goes(metric, astronaut):
    gt = astronaut[..., 20:60, 140:188]
    moved, gone = gt.roll(2, dims=-1), gt.mean(dim=(2, 3), keepdim=True).expand_as(gt)
    assert metric.measure(moved, gt) < metric.measure(gone, gt)


def test_what_the_network_cannot_look_at_is_refused(metric):
    image = torch.zeros(1, 3, 16, 16)
    assert metric.measure(image, image).item() == 0
    with pytest.raises(PairError, match="DISTS needs RGB images, 3 channels, got 1"):
        metric.measure(image[:, :1], image[:, :1])
    with pytest.raises(PairError, match="at least 16 pixels, got 16x15"):
        metric.measure(image[..., 1:], image[..., 1:])
    with pytest.raises(PairError, match="one shape"):
        metric.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        metric.measure(image + 2, image)


def test_weights_that_are_not_there_or_not_its_own_are_refused(tmp_path, publish, backbones, heads):
    gone = {"source": str(tmp_path / "gone.pth"), "sha256": "01234567"}
    with pytest.raises(CheckpointError, match=r"gone\.pth: no such file"):
        Metric(Params(backbone=gone, heads=heads))
    short = publish("short.pt", {"alpha": torch.ones(1475), "beta": torch.ones(7)})
    with pytest.raises(CheckpointError, match=r"short\.pt: needs beta of 1475 numbers"):
        Metric(Params(backbone=backbones["vgg"], heads=short))
    with pytest.raises(CheckpointError, match=r"alexnet\.pth: lacks"):
        Metric(Params(backbone=backbones["alex"], heads=heads))
