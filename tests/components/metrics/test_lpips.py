"""LPIPS against its authors' package under equal weights, and every way of lacking weights."""

import pytest
import torch
from pydantic import ValidationError

from components import parts
from components.errors import CheckpointError, PairError
from components.metrics.lpips import Metric, Params

CHANNELS = {"alex": (64, 192, 384, 256, 256), "vgg": (64, 128, 256, 512, 512)}

# lpips 0.1.4, LPIPS(net=..., pnet_rand=True)(restored, gt, normalize=True) in double, on the pictures
# below, given the weights of `backbones` and `heads`.
BY_THE_AUTHORS = {
    "alex": [0.17012162470818334, 2.191176800996221],
    "vgg": [0.15231606122312993, 1.1915631003797122],
}


@pytest.fixture(scope="session")
def heads(publish):
    def state(channels):
        counts = enumerate(torch.arange(c, dtype=torch.float64) for c in channels)
        lines = {layer: torch.sin(count + layer).abs().float() for layer, count in counts}
        return {f"lin{k}.model.1.weight": line.view(1, -1, 1, 1) for k, line in lines.items()}

    return {net: publish(f"lpips_{net}.pth", state(channels)) for net, channels in CHANNELS.items()}


@pytest.fixture(scope="module", params=["alex", "vgg"])
def network(request):
    return request.param


@pytest.fixture(scope="module")
def metric(network, backbones, heads):
    part = {"name": "lpips", "network": network}
    weights = {"backbone": backbones[network], "heads": heads[network]}
    return parts.build("metrics", parts.parse("metrics", part | weights))


@pytest.fixture
def images(astronaut):
    gt = astronaut[..., 20:60, 140:188]
    return torch.cat((gt.roll(1, dims=-1), 0.5 * gt)), gt.expand(2, -1, -1, -1)


def test_it_equals_the_authors_package(metric, network, images):
    measured = metric.measure(*images)
    assert measured.dtype == torch.float64
    assert measured.tolist() == pytest.approx(BY_THE_AUTHORS[network], rel=1e-5)


def test_equal_images_are_at_no_distance_and_the_other_direction_is_as_far(metric, images):
    restored, gt = images
    assert metric.measure(gt[:1], gt[:1]).item() == 0
    there, back = metric.measure(restored[:1], gt[:1]), metric.measure(gt[:1], restored[:1])
    assert there.item() == pytest.approx(back.item(), rel=1e-6)
    assert not metric.HIGHER_IS_BETTER


def test_what_the_network_cannot_look_at_is_refused(metric, network):
    shortest = {"alex": 31, "vgg": 16}[network]
    image = torch.zeros(1, 3, shortest, shortest)
    assert metric.measure(image, image).item() == 0
    with pytest.raises(PairError, match="LPIPS needs RGB images, 3 channels, got 1"):
        metric.measure(image[:, :1], image[:, :1])
    with pytest.raises(PairError, match=f"sides of at least {shortest} pixels"):
        metric.measure(image[..., 1:], image[..., 1:])
    with pytest.raises(PairError, match="one shape"):
        metric.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        metric.measure(image + 2, image)


def test_without_weights_there_is_no_metric(tmp_path, backbones, heads):
    gone = {"source": str(tmp_path / "gone.pth"), "sha256": "01234567"}
    with pytest.raises(CheckpointError, match=r"gone\.pth: no such file"):
        Metric(Params(backbone=gone, heads=heads["alex"]))
    with pytest.raises(CheckpointError, match=r"gone\.pth: no such file"):
        Metric(Params(backbone=backbones["alex"], heads=gone))
    with pytest.raises(
        ValidationError, match=r"(?s)backbone.*Field required.*heads.*Field required"
    ):
        Params()


def test_weights_of_the_other_network_are_refused(backbones, heads):
    with pytest.raises(CheckpointError, match=r"vgg16\.pth: lacks 6 tensors: features\.3\.bias"):
        Metric(Params(backbone=backbones["vgg"], heads=heads["alex"]))
    with pytest.raises(CheckpointError, match=r"lpips_vgg\.pth: needs lin1\.model\.1\.weight"):
        Metric(Params(backbone=backbones["alex"], heads=heads["vgg"]))
