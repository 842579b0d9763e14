"""Samples numbered for good, shared out over ranks, and turned in all eight ways."""

import pytest
import torch

from components.errors import TrainingError
from components.training.batches import Order, gathered, turned


def test_every_slot_belongs_to_one_step_and_one_rank():
    slots = [Order(0, 6, rank, 3).slots(step) for step in range(4) for rank in range(3)]
    assert torch.cat(slots).tolist() == list(range(24))


def test_a_batch_must_be_shared_out_evenly():
    with pytest.raises(TrainingError, match="batch of 16 cannot be shared out evenly to 3"):
        Order(seed=0, batch=16, rank=0, ranks=3)


def test_numbers_for_one_purpose_say_nothing_of_those_for_another():
    order, slots = Order(seed=0, batch=8), torch.arange(8)
    assert not set(order.seeds("turns", slots).tolist()) & set(order.seeds("x", slots).tolist())


def test_half_of_all_samples_are_turned_in_each_way():
    turns = Order(seed=0, batch=4000).turns(torch.arange(4000))
    assert turns.shape == (4000, 3)
    assert turns.float().mean(dim=0).tolist() == pytest.approx([0.5] * 3, abs=0.03)


def test_turns_are_along_x_then_along_y_then_across():
    image = torch.tensor([[1, 2], [3, 4]]).expand(8, 1, 2, 2)
    turns = torch.tensor([[x, y, across] for x in (0, 1) for y in (0, 1) for across in (0, 1)])
    assert turned(image, turns.bool()).flatten(1).tolist() == [
        [1, 2, 3, 4],
        [1, 3, 2, 4],
        [3, 4, 1, 2],
        [3, 1, 4, 2],
        [2, 1, 4, 3],
        [2, 4, 1, 3],
        [4, 3, 2, 1],
        [4, 2, 3, 1],
    ]


def test_turning_leaves_the_original_alone():
    image = torch.arange(12.0).view(1, 3, 2, 2)
    turned(image, torch.ones(1, 3, dtype=torch.bool))
    assert torch.equal(image, torch.arange(12.0).view(1, 3, 2, 2))


def test_gathering_turns_as_turning_does():
    images = torch.randint(256, (64, 3, 5, 5), dtype=torch.uint8)
    turns = Order(seed=0, batch=64).turns(torch.arange(64))
    views = [image.permute(1, 2, 0).contiguous().numpy().transpose(2, 0, 1) for image in images]
    assert torch.equal(gathered(views, turns), turned(images, turns))
