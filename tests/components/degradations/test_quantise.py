"""As saving a picture does."""

import torch

from components.degradations.quantise import Degradation, Params
from components.draws import Draws


def quantise(values: torch.Tensor) -> torch.Tensor:
    return Degradation(Params())(values.view(1, 1, 1, -1), Draws(torch.zeros(1))).image.flatten()


def test_values_become_the_nearest_of_256_levels():
    levels = torch.tensor([0.4, 0.6, 99.4, 127.51, 254.6])
    assert torch.equal(quantise(levels / 255), torch.tensor([0.0, 1, 99, 128, 255]) / 255)


def test_what_leaves_the_range_is_clipped():
    assert quantise(torch.tensor([-0.3, 1.2])).tolist() == [0, 1]


def test_a_picture_of_8_bits_is_left_as_it_is():
    picture = torch.arange(256, dtype=torch.uint8).float() / 255
    assert torch.equal(quantise(picture), picture)
