"""From manifest to checkpoint: first weights, validation, and what is left in the work folder."""

import pytest
import torch
import torch.nn.functional as F

from components import parts
from components.artifacts import no_progress
from components.errors import PairError, PictureError
from components.metrics import psnr
from components.training import checkpoint
from components.training.loader import Material, validation_pairs
from components.training.session import Session, new_network, read_curve, train


@pytest.fixture
def recipe(tiny_recipe):
    return parts.build("recipes", tiny_recipe)


@pytest.fixture
def run(tmp_path, tiny_recipe, recipe, manifest, workplace):
    """Train a teacher for some steps in its own folder of the store."""

    def run(**changes):
        folder = workplace.store.root / "teacher" / "key"
        folder.mkdir(parents=True, exist_ok=True)
        model = recipe.teacher_params()
        network = new_network(model, seed=0)
        params = tiny_recipe.teacher.model_copy(update=changes)
        return train(
            Session(
                "teacher",
                tiny_recipe,
                params,
                manifest,
                0,
                workplace,
                degradation=tiny_recipe.degradation,
            ),
            network,
            lambda batch: recipe.teacher_terms(network, batch),
            model=model,
            folder=folder,
            progress=no_progress,
        )

    return run


def test_first_weights_depend_on_the_seed_alone(recipe):
    model = recipe.student_params()
    first = new_network(model, seed=3)
    torch.rand(5)
    again, other = new_network(model, seed=3), new_network(model, seed=4)
    assert torch.equal(first.trunk.head.weight, again.trunk.head.weight)
    assert not torch.equal(first.trunk.head.weight, other.trunk.head.weight)


def test_making_a_network_moves_nobodys_random_numbers(recipe):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    new_network(recipe.student_params(), seed=0)
    assert torch.equal(torch.rand(3), expected)


def test_the_folder_holds_weights_their_description_and_the_curve(run, workplace, manifest):
    record = run()
    folder = workplace.store.root / record.folder
    assert {file.name for file in folder.iterdir()} == {
        "weights.safetensors",
        "model.json",
        "curve.parquet",
    }
    about = checkpoint.read_about(folder)
    assert about["weights_sha256"] == record.sha256
    assert about["data_digest"] == record.data_digest == manifest.data_digest
    assert (about["recipe"], about["label"], about["seed"]) == ("kdsr", "teacher", 0)
    curve = read_curve(record, workplace)
    assert curve["step"].tolist() == [3, 6]
    assert curve["validation_psnr_db"].iloc[-1] == record.validation


def test_the_validation_number_is_that_of_the_kept_weights_on_the_validation_pictures(
    run, tiny_recipe, workplace, manifest
):
    record = run(ema=0.9)
    network = checkpoint.load(workplace.store.root / record.folder)
    damage = parts.build("degradations", tiny_recipe.degradation)
    pairs = validation_pairs(Material(manifest, workplace, damage, seed=7), 32)
    lq, gt = pairs.lq, pairs.gt
    expected = psnr.measure(network(lq, gt).clamp(0, 1), gt).mean().item()
    assert record.validation == pytest.approx(expected, abs=1e-4)


def test_a_patch_larger_than_a_picture_is_refused(run):
    with pytest.raises(PictureError, match=r"rocket.png: 112x96 is smaller than .* 98 pixels"):
        run(patch=98)


@pytest.fixture
def run_on_pairs(tiny_recipe, recipe, write_row, detailed, listed):
    """Train a teacher for x2 on a set that brings its own degraded pictures."""

    def run(scale, **changes):
        truth = detailed(3, 40, 40)
        small = F.avg_pool2d(truth, scale)
        rows = [write_row(name, truth, small) for name in ("a.png", "b.png")]
        manifest, workplace = listed(rows[:1], validation=rows[1:])
        folder = workplace.store.root / "teacher" / "key"
        folder.mkdir(parents=True)
        model = recipe.teacher_params()
        network = new_network(model, seed=0)
        block = tiny_recipe.model_copy(update={"degradation": None})
        params = tiny_recipe.teacher.model_copy(update=changes)
        return train(
            Session(
                "teacher",
                block,
                params,
                manifest,
                0,
                workplace,
                degradation=block.degradation,
            ),
            network,
            lambda batch: recipe.teacher_terms(network, batch),
            model=model,
            folder=folder,
            progress=no_progress,
        )

    return run


@pytest.mark.parametrize("pool", [8, "all"])
def test_a_set_of_pairs_trains_a_network_of_its_scale(run_on_pairs, pool):
    assert run_on_pairs(2, pool=pool).validation > 5


def test_a_set_of_pairs_of_another_scale_than_the_networks_is_refused(run_on_pairs):
    with pytest.raises(PairError, match="enlarges 2 times, but .* are 4 times smaller"):
        run_on_pairs(4)


def test_fresh_patches_of_all_pictures_train_as_those_of_a_pool(run, workplace):
    record = run(pool="all")
    assert record.validation > 5
    assert list(workplace.store.root.glob("training.decoded/*/pixels.u8"))
