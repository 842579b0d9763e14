"""Batches that are functions of their step, pairs that stay pairs, and patches worth learning from."""

import re

import pytest
import torch
import torch.nn.functional as F

from components import degradations
from components.datasets.manifest import Row, read_rows
from components.degradations import Degraded
from components.errors import PictureError, TrainingError
from components.pictures import images
from components.pictures.images import Picture
from components.training.pairs import Pairs, cut_patches


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
    return Pairs(patches, degradation, seed=seed, batch=batch, fixed=fixed)


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


def row(folder, name, pixels, *, bits=8):
    """Write a picture and describe it as the manifest does."""
    images.write(folder / name, Picture(pixels, bits))
    return Row(folder, name, "", pixels.shape[2], pixels.shape[1], None)


def detailed(*shape):
    return torch.randint(256, shape).float() / 255


def test_patches_are_cut_from_the_pictures_as_they_are(tmp_path):
    picture = detailed(3, 12, 9)
    patches = cut_patches([row(tmp_path, "a.png", picture)], patch=8, count=40, seed=0)
    assert patches.dtype == torch.uint8
    windows = (picture * 255).round().byte().unfold(1, 8, 1).unfold(2, 8, 1)  # (3, 5, 2, 8, 8)
    every_place = windows.permute(1, 2, 0, 3, 4).reshape(10, 3, 8, 8)
    places = (patches[:, None] == every_place).all(dim=(2, 3, 4))
    assert (places.sum(dim=1) == 1).all()
    assert places.any(dim=0).all()  # 40 patches reach all ten places, the last row and column too


def test_a_picture_gives_patches_as_its_area_demands(tmp_path):
    large, small = detailed(3, 60, 80) / 2, detailed(3, 40, 40) / 2 + 0.5
    rows = [row(tmp_path, "large.png", large), row(tmp_path, "small.png", small)]
    patches = cut_patches(rows, patch=8, count=800, seed=0)
    share = (patches.float().mean(dim=(1, 2, 3)) < 127).float().mean()
    assert share == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / 800) ** 0.5)


def test_fewer_patches_are_the_first_of_more(manifest, workplace):
    rows = read_rows(manifest, "train", workplace)
    many = cut_patches(rows, patch=32, count=40, seed=5)
    assert torch.equal(cut_patches(rows, patch=32, count=7, seed=5), many[:7])
    assert not torch.equal(cut_patches(rows, patch=32, count=7, seed=6), many[:7])


def test_flat_patches_are_refused(tmp_path):
    half_flat = torch.cat([torch.full((3, 16, 100), 0.2), detailed(3, 16, 28)], dim=2)
    patches = cut_patches([row(tmp_path, "a.png", half_flat)], patch=16, count=30, seed=0)
    steps = patches.float().diff(dim=-1).abs().mean(dim=(1, 2, 3)) / 255
    assert len(patches) > 0
    assert steps.min() > 0.015


def test_there_may_be_fewer_patches_than_asked_for(tmp_path):
    mostly_flat = torch.full((3, 16, 400), 0.2)
    mostly_flat[:, :, :16] = detailed(3, 16, 16)
    patches = cut_patches([row(tmp_path, "a.png", mostly_flat)], patch=16, count=20, seed=0)
    assert 0 < len(patches) < 20


def test_flat_pictures_give_no_patch(tmp_path):
    rows = [row(tmp_path, "sky.png", torch.full((3, 20, 20), 0.4))]
    patches = cut_patches(rows, patch=8, count=5, seed=0)
    assert patches.shape == (0, 3, 8, 8)
    assert patches.dtype == torch.uint8


def test_grey_and_16_bit_pictures_become_rgb_of_8_bits(tmp_path):
    rows = [row(tmp_path, "grey.png", detailed(1, 16, 16), bits=16)]
    patches = cut_patches(rows, patch=16, count=1, seed=0)
    assert torch.equal(
        patches, (images.read(rows[0].file).pixels * 255).round().byte().expand(1, 3, -1, -1)
    )


def test_a_picture_smaller_than_a_patch_is_named(tmp_path):
    rows = [
        row(tmp_path, "good.png", detailed(3, 40, 40)),
        row(tmp_path, "b.png", detailed(3, 40, 31)),
    ]
    expected = re.escape(f"{tmp_path / 'b.png'}: 31x40 is smaller than the patch of 32 pixels")
    with pytest.raises(PictureError, match=expected):
        cut_patches(rows, patch=32, count=1, seed=0)
