"""The separable FSRCNN against the counts of its source."""

import pytest
import torch

from components.models.fsrcnn import PRESETS, Colour, Model, Params
from components.pictures.resize import resize


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_one_colour_has_its_number_of_parameters():
    colour = Colour(Params())
    assert count(colour) == 8_817
    assert count(colour.first) == 1_512
    assert count(colour.middle[:2]) == count(colour.middle[-2:]) == 808
    assert count(colour.middle[2:4]) == 288
    assert count(colour.last) == 4_537
    assert count(Model(Params())) == 3 * 8_817


def test_shared_colours_cost_once():
    assert count(Model(Params(shared=True))) == 8_817


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(7, 11), (1, 1)])
def test_any_size_is_enlarged_by_the_scale(scale, size):
    network = Model(Params(scale=scale, channels=8, shrunk=4))
    height, width = size
    assert network(torch.rand(2, 3, *size)).shape == (2, 3, height * scale, width * scale)


def test_each_colour_goes_its_own_way():
    network = Model(Params(channels=8, shrunk=4))
    lq = torch.rand(1, 3, 6, 6)
    changed = lq.clone()
    changed[:, 1] += 0.5
    same = (network(lq) == network(changed)).flatten(2).all(dim=2)[0]
    assert same.tolist() == [True, False, True]


def test_the_features_of_all_colours_stand_side_by_side():
    assert Model(PRESETS["teacher"]).features(torch.rand(1, 3, 5, 6)).shape == (1, 168, 5, 6)


def test_a_bicubic_skip_starts_near_bicubic_enlargement():
    lq = torch.rand(1, 3, 12, 12)
    enlarged = Model(PRESETS["small"])(lq)
    assert (enlarged - resize(lq, 24, 24)).abs().max() < 0.02
