import pytest
import torch

from components.layers.resnet import stage


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"kind": "bottleneck", "inputs": 64, "width": 64, "blocks": 3, "stride": 1}, 215_808),
        ({"kind": "bottleneck", "inputs": 256, "width": 128, "blocks": 4, "stride": 2}, 1_219_584),
    ],
)
def test_stages_of_resnet_50_have_their_number_of_parameters(arguments, expected):
    assert sum(p.numel() for p in stage(**arguments).parameters()) == expected


def test_the_names_are_torchvisions():
    names = set(stage("bottleneck", 8, 8, blocks=2, stride=2).state_dict())
    assert {
        "0.conv3.weight",
        "0.bn3.running_mean",
        "0.downsample.1.weight",
        "1.conv1.weight",
    } <= names
    assert "1.downsample.0.weight" not in names


@pytest.mark.parametrize(("kind", "channels"), [("basic", 6), ("bottleneck", 24)])
def test_a_stage_strides_once(kind, channels):
    made = stage(kind, 4, 6, blocks=2, stride=2)
    assert made(torch.rand(2, 4, 9, 12)).shape == (2, channels, 5, 6)
