"""Fresh patches from pictures on disk: where from, turned how, and the same wherever they are cut."""

import pytest
import torch
import torch.nn.functional as F

from components import parts
from components.errors import PairError, PictureError, TrainingError
from components.training.batches import Order, turned
from components.training.crops import Crops
from components.training.decoded import decode


@pytest.fixture
def opened(listed):
    """Decode some rows."""

    def opened(*rows, mates=False):
        manifest, workplace = listed(rows)
        return decode(manifest, "train", workplace, mates=mates)

    return opened


@pytest.fixture
def damage(tiny_recipe):
    return parts.build("degradations", tiny_recipe.degradation)


def test_patches_are_cut_from_every_place_and_turned_as_those_of_a_pool(
    write_row, detailed, opened, damage
):
    picture = detailed(3, 12, 10)
    crops = Crops(opened(write_row("a.png", picture)), damage, Order(0, 200), patch=8)
    slots = crops.order.slots(3)
    places, turns = crops.places(slots), crops.order.turns(slots)
    whole = (picture * 255).round().byte()
    lying = torch.stack([whole[:, y : y + 8, x : x + 8] for _, y, x in places])
    assert torch.equal(crops.take(slots, turns).gt, turned(lying, turns))
    assert len(set(places)) == 5 * 3


def test_a_picture_gives_patches_as_its_area_demands(write_row, detailed, opened, damage):
    rows = [write_row("large.png", detailed(3, 60, 80)), write_row("s.png", detailed(3, 40, 40))]
    crops = Crops(opened(*rows), damage, Order(0, 1), patch=8)
    numbers = torch.tensor([place[0] for place in crops.places(torch.arange(2000))])
    assert (numbers == 0).float().mean().item() == pytest.approx(0.75, abs=0.04)


def test_a_batch_is_a_function_of_its_step(write_row, detailed, opened, damage):
    pictures = opened(*(write_row(f"{n}.png", detailed(3, 40, 40)) for n in range(3)))
    wandering = Crops(pictures, damage, Order(0, 4), patch=32)
    for step in (5, 0, 3):
        wandering(step)
    once, again = Crops(pictures, damage, Order(0, 4), patch=32)(3), wandering(3)
    assert torch.equal(once.lq, again.lq)
    assert torch.equal(once.gt, again.gt)
    assert not torch.equal(once.gt, wandering(4).gt)
    assert not torch.equal(once.gt, Crops(pictures, damage, Order(1, 4), patch=32)(3).gt)


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_all_ranks_together_give_the_batch_of_one_process(
    write_row, detailed, opened, damage, ranks
):
    pictures = opened(*(write_row(f"{n}.png", detailed(3, 24, 24)) for n in range(3)))
    whole = Crops(pictures, damage, Order(0, 12), patch=16)(5)
    shares = [
        Crops(pictures, damage, Order(0, 12, rank, ranks), patch=16)(5) for rank in range(ranks)
    ]
    assert torch.equal(torch.cat([share.gt for share in shares]), whole.gt)
    assert torch.equal(torch.cat([share.lq for share in shares]), whole.lq)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_mates_are_cut_at_the_same_place_and_turned_along(write_row, opened, scale):
    rows = []
    for name in ("a.png", "b.png"):
        small = torch.randint(256, (3, 40 // scale, 32 // scale)).float() / 255
        large = small.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
        rows.append(write_row(name, large, small))
    crops = Crops(opened(*rows, mates=True), None, Order(0, 32), patch=8)
    for step in range(3):
        batch = crops(step)
        assert batch.lq.shape == (32, 3, 8 // scale, 8 // scale)
        torch.testing.assert_close(F.avg_pool2d(batch.gt, scale), batch.lq)


def test_flat_places_are_passed_over(write_row, detailed, opened, damage):
    half_flat = torch.cat([torch.full((3, 16, 100), 0.2), detailed(3, 16, 60)], dim=2)
    crops = Crops(opened(write_row("a.png", half_flat)), damage, Order(0, 1), patch=16)
    left = [x for _, _, x in crops.places(torch.arange(200)) if x <= 84]
    assert len(left) < 5  # half of all places are flat; eight of them in a row are rare


def test_flat_pictures_stop_the_training(write_row, opened, damage):
    fog = write_row("fog.png", torch.full((3, 20, 20), 0.4))
    with pytest.raises(TrainingError, match="no patch to train on: every one is flat"):
        Crops(opened(fog), damage, Order(0, 4), patch=8)


def test_a_picture_smaller_than_a_patch_is_named(write_row, detailed, opened, damage):
    rows = [write_row("good.png", detailed(3, 40, 40)), write_row("b.png", detailed(3, 40, 31))]
    with pytest.raises(PictureError, match=r"b.png: 31x40 is smaller than the patch of 32 pixels"):
        Crops(opened(*rows), damage, Order(0, 4), patch=32)


def test_a_patch_that_is_no_whole_number_of_the_mates_pixels_is_refused(
    write_row, detailed, opened
):
    row = write_row("a.png", detailed(3, 24, 24), detailed(3, 6, 6))
    with pytest.raises(PairError, match="patch of 10 pixels is no multiple of the set's scale 4"):
        Crops(opened(row, mates=True), None, Order(0, 4), patch=10)
