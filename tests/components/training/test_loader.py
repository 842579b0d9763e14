"""The loader that parameters ask for, its validation pairs, and what is found before any training."""

import pytest
import torch

from components import parts
from components.draws import Draws, seeds_for
from components.errors import PairError, PictureError, TrainingError
from components.training.crops import Crops
from components.training.loader import Material, check_material, make_batches, validation_pairs
from components.training.pairs import Pairs


@pytest.fixture
def material(tiny_recipe, manifest, workplace):
    return Material(manifest, workplace, parts.build("degradations", tiny_recipe.degradation), 0)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({"pool": 16}, Pairs), ({"pool": 0, "pairs": 8}, Pairs), ({"pool": "all"}, Crops)],
)
def test_the_parameters_choose_the_loader(material, tiny_recipe, changes, kind):
    params = tiny_recipe.teacher.model_copy(update=changes)
    batches = make_batches(material, params)
    assert isinstance(batches, kind)
    batch = batches(0)
    assert batch.gt.shape == (4, 3, 32, 32)
    assert batch.lq.shape == (4, 3, 16, 16)


@pytest.mark.parametrize("pool", [16, "all"])
def test_the_ranks_share_the_batch(material, tiny_recipe, pool):
    params = tiny_recipe.teacher.model_copy(update={"pool": pool})
    whole = make_batches(material, params)(2)
    halves = [make_batches(material, params, rank=rank, ranks=2)(2) for rank in range(2)]
    assert torch.equal(torch.cat([half.gt for half in halves]), whole.gt)


def test_the_validation_pairs_do_not_depend_on_the_seed(material):
    other = Material(material.manifest, material.workplace, material.degradation, seed=9)
    one, same = validation_pairs(material, 32), validation_pairs(other, 32)
    assert torch.equal(one.lq, same.lq)
    assert torch.equal(
        one.lq, material.degradation(one.gt, Draws(seeds_for(0, torch.arange(32)))).image
    )


def test_the_validation_pairs_of_a_set_with_mates_are_its_own(write_row, detailed, listed):
    truth, mate = detailed(3, 16, 16), detailed(3, 4, 4)
    manifest, workplace = listed([], validation=[write_row("a.png", truth, mate)])
    pairs = validation_pairs(Material(manifest, workplace, None, 0), 16)
    torch.testing.assert_close(pairs.gt, truth.expand(32, -1, -1, -1))
    torch.testing.assert_close(pairs.lq, mate.expand(32, -1, -1, -1))


def test_validation_pictures_without_detail_are_refused(write_row, listed):
    fog = torch.full((3, 40, 40), 0.5)
    manifest, workplace = listed([], validation=[write_row("fog.png", fog, fog)])
    with pytest.raises(TrainingError, match="validation pictures have no patch"):
        validation_pairs(Material(manifest, workplace, None, 0), 32)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_picture_too_small_for_any_training_is_found_before_the_first(
    write_row, detailed, listed, split
):
    good, small = (write_row(n, detailed(3, s, 40)) for n, s in (("g.png", 40), ("s.png", 31)))
    lists = ([good, small], [good]) if split == "train" else ([good], [small])
    manifest, workplace = listed(*lists)
    check_material(manifest, workplace, [16, 31], mates=False)
    with pytest.raises(PictureError, match="s.png: 40x31 is smaller than the patch of 32 pixels"):
        check_material(manifest, workplace, [16, 32], mates=False)


def test_a_missing_mate_and_a_patch_of_no_whole_pixels_are_found_before_the_first(
    write_row, detailed, listed
):
    paired = write_row("a.png", detailed(3, 40, 40), detailed(3, 10, 10))
    manifest, workplace = listed([paired], [write_row("b.png", detailed(3, 40, 40))])
    with pytest.raises(PairError, match=r"b.png: has no degraded mate"):
        check_material(manifest, workplace, [16], mates=True)
    manifest, workplace = listed([paired], [paired])
    check_material(manifest, workplace, [16, 32], mates=True)
    with pytest.raises(PairError, match="patch of 18 pixels is no multiple of the set's scale 4"):
        check_material(manifest, workplace, [16, 18], mates=True)
