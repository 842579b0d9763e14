"""FFA against the counts of its papers, and the shapes that users bring."""

import pytest
import torch

from components.models.ffa import PRESETS, Model, Params


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("preset", "expected"), [("student", 96_007), ("FFA-Net", 4_455_913)])
def test_the_papers_networks_have_their_number_of_parameters(preset, expected):
    with torch.device("meta"):
        assert count(Model(PRESETS[preset])) == expected


def test_the_students_layers_have_their_number_of_parameters():
    network = Model(Params())
    assert len(network.state_dict()) == 236
    assert count(network.head) == 448
    assert count(network.groups[0]) == 30_874
    assert count(network.groups[0].body[0]) == 4_759
    assert count(network.fusion) == 145
    assert count(network.pixel) == 37
    assert count(network.tail) == 2_755


@pytest.mark.parametrize("size", [(1, 1), (17, 30), (33, 16)])
def test_any_size_is_restored_to_that_size(size):
    network = Model(PRESETS["small"])
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_the_skip_adds_the_normalised_input():
    network = Model(Params(num_groups=1, num_blocks=1))
    for parameter in network.tail.parameters():
        torch.nn.init.zeros_(parameter)
    lq = torch.tensor([0.64, 0.60 + 0.15, 0.58]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    restored = network(lq)
    expected = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1).expand_as(lq)
    torch.testing.assert_close(restored, expected, atol=1e-6, rtol=0)


def test_the_features_lead_to_the_restored_image():
    network, lq = Model(PRESETS["small"]), torch.rand(1, 3, 12, 12)
    features = network.features(lq)
    assert features.shape == (1, 16, 12, 12)
    torch.testing.assert_close(network.finish(lq, features), network(lq))


def test_a_plain_skip_starts_as_the_input():
    lq = torch.rand(1, 3, 12, 12)
    torch.testing.assert_close(Model(PRESETS["small"])(lq), lq)
