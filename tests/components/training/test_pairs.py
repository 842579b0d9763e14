"""Pairs from a pool: each patch once a round, pairs that stay pairs, mates that stay with theirs."""

import pytest
import torch
import torch.nn.functional as F

from components import degradations
from components.degradations import Degraded
from components.errors import TrainingError
from components.training.batches import Order
from components.training.pairs import Pairs
from components.training.patches import Patches


class Shrink(degradations.Degradation):
    """Means of 2 x 2 pixels: exact in float32, and the same however the picture is turned."""

    scale = 2

    def __call__(self, image, _):
        return Degraded(F.avg_pool2d(image, 2), mask=(image[:, :1] > 0.5).float())


class Grain(degradations.Degradation):
    """Noise of a level that the whole batch may share."""

    def __init__(self, per="sample"):
        self.per = per

    def __call__(self, image, draws):
        level = draws.uniform(0.1, 0.5, per=self.per)
        noise = draws.normal(tuple(image.shape[1:]))
        return Degraded(image + noise * level.view(-1, 1, 1, 1), {"level": level})


def pool(count=6, side=8):
    return torch.randint(256, (count, 3, side, side), dtype=torch.uint8)


def make(patches, degradation, *, batch=4, fixed=False, seed=0):
    return Pairs(Patches(patches), degradation, Order(seed, batch), fixed=fixed)


def turns(image):
    """The eight ways in which a picture can lie."""
    flipped = [image, image.flip(-1), image.flip(-2), image.flip(-1, -2)]
    return flipped + [one.mT for one in flipped]


@pytest.mark.parametrize("fixed", [False, True])
def test_a_batch_is_a_function_of_its_step(fixed):
    patches = pool()
    wandering = make(patches, Grain(), fixed=fixed)
    for step in (5, 0, 3, 0, 9):
        wandering(step)
    once, again = make(patches, Grain(), fixed=fixed)(3), wandering(3)
    assert torch.equal(once.lq, again.lq)
    assert torch.equal(once.gt, again.gt)
    assert once.step == again.step == 3


def test_another_seed_gives_other_batches():
    patches = pool()
    one, other = (make(patches, Grain(), seed=seed)(0) for seed in (0, 1))
    assert not torch.equal(one.gt, other.gt)


def numbered(count):
    """Patches of one value each, so that a sample tells which it is."""
    return torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)


@pytest.mark.parametrize("batch", [1, 4, 7, 25])
def test_every_patch_comes_once_a_round(batch):
    pairs = make(numbered(10), Shrink(), batch=batch)
    steps = range(-(-30 // batch))
    seen = torch.cat([pairs(step).gt[:, 0, 0, 0] for step in steps]).mul(255).round().long()
    rounds = [seen[start : start + 10].tolist() for start in (0, 10, 20)]
    assert all(sorted(numbers) == list(range(10)) for numbers in rounds)
    assert len({tuple(numbers) for numbers in rounds}) == 3  # each in an order of its own


def test_the_order_does_not_depend_on_the_batch():
    orders = [
        torch.cat([make(numbered(10), Shrink(), batch=b)(s).gt[:, 0, 0, 0] for s in range(20 // b)])
        for b in (2, 5, 10)
    ]
    assert torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0], orders[2])


@pytest.mark.parametrize("fixed", [False, True])
def test_both_pictures_and_the_mask_are_turned_together(fixed):
    pairs = make(pool(), Shrink(), batch=16, fixed=fixed)
    for step in range(3):
        batch = pairs(step)
        torch.testing.assert_close(batch.lq, F.avg_pool2d(batch.gt, 2))
        assert torch.equal(batch.mask, (batch.gt[:, :1] > 0.5).float())


@pytest.mark.parametrize("fixed", [False, True])
def test_samples_come_in_all_eight_positions(fixed):
    patches = pool(count=2)
    batch = make(patches, Shrink(), batch=64, fixed=fixed)(0)
    possible = [turned for patch in patches.float() / 255 for turned in turns(patch)]
    seen = {k for gt in batch.gt for k, turned in enumerate(possible) if torch.equal(turned, gt)}
    assert seen == set(range(16))


def damage_of(patches, batch):
    """Patch number -> its noise, turned back into the patch's own position, and its level."""
    found = {}
    for gt, lq, level in zip(batch.gt, batch.lq, batch.drawn["level"], strict=True):
        for number, patch in enumerate(patches.float() / 255):
            both = torch.cat([gt, lq])
            back = [turned for turned in turns(both) if torch.equal(turned[:3], patch)]
            if back:
                found[number] = (back[0][3:], level)
    return found


@pytest.mark.parametrize("per", ["sample", "batch"])
def test_fixed_pairs_keep_their_damage_in_any_company(per):
    patches = pool(count=6)
    fours = make(patches, Grain(per), batch=4, fixed=True)
    fives = make(patches, Grain(per), batch=5, fixed=True)
    kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
    for batch in (*map(fours, range(6)), *map(fives, range(6))):
        for number, (lq, level) in damage_of(patches, batch).items():
            known_lq, known_level = kept.setdefault(number, (lq, level))
            assert torch.equal(lq, known_lq)
            assert level == known_level
    assert len(kept) == 6
    assert len({level.item() for _, level in kept.values()}) == 6


def test_pairs_that_are_not_fixed_are_damaged_anew_every_time():
    patches = pool(count=4)
    pairs = make(patches, Grain(), batch=4)
    first, second = (damage_of(patches, pairs(step)) for step in (0, 1))
    assert first.keys() == second.keys()
    assert not any(torch.equal(first[n][0], second[n][0]) for n in first)


def test_without_patches_there_is_no_training():
    with pytest.raises(TrainingError, match="no patch to train on"):
        make(pool(count=0), Shrink())


def test_mates_of_the_set_stay_with_their_ground_truth():
    gt = pool(count=6)
    lq = (F.avg_pool2d(gt.float(), 2)).round().byte()
    pairs = Pairs(Patches(gt, lq), None, Order(seed=0, batch=16))
    for step in range(3):
        batch = pairs(step)
        expected = F.avg_pool2d(batch.gt * 255, 2).round() / 255
        torch.testing.assert_close(batch.lq, expected, atol=1e-6, rtol=0)
        assert not batch.drawn


def test_without_mates_and_degradation_there_is_no_training():
    with pytest.raises(TrainingError, match="no degraded mates, and no degradation makes any"):
        Pairs(Patches(pool()), None, Order(seed=0, batch=2))(0)


@pytest.mark.parametrize("fixed", [False, True])
def test_all_ranks_together_give_the_batch_of_one_process(fixed):
    patches = Patches(pool(count=10))
    for ranks in (2, 3):
        whole = Pairs(patches, Grain(), Order(0, 12), fixed=fixed)(7)
        orders = [Order(0, 12, rank, ranks) for rank in range(ranks)]
        parts = [Pairs(patches, Grain(), order, fixed=fixed)(7) for order in orders]
        for name in ("lq", "gt"):
            together = torch.cat([getattr(part, name) for part in parts])
            assert torch.equal(together, getattr(whole, name))
