"""From manifest to checkpoint: first weights, validation, and what is left in the work folder."""

import pytest
import torch

from components import parts
from components.artifacts import no_progress
from components.datasets.manifest import Row, read_rows
from components.draws import Draws, seeds_for
from components.errors import PictureError, TrainingError
from components.metrics import psnr
from components.pictures.images import Picture, write
from components.training import checkpoint, session
from components.training.pairs import cut_patches
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
            Session("teacher", tiny_recipe, params, manifest, 0, workplace),
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
    assert curve["validation_psnr_db"].iloc[-1] == record.validation_psnr_db


def test_the_validation_number_is_that_of_the_kept_weights_on_the_validation_pictures(
    run, tiny_recipe, workplace, manifest
):
    record = run(ema=0.9)
    network = checkpoint.load(workplace.store.root / record.folder)
    rows = read_rows(manifest, "validation", workplace)
    gt = cut_patches(rows, patch=32, count=32, seed=0).float() / 255
    damage = parts.build("degradations", tiny_recipe.degradation)
    lq = damage(gt, Draws(seeds_for(0, torch.arange(len(gt))))).image
    expected = psnr.measure(network(lq, gt).clamp(0, 1), gt).mean().item()
    assert record.validation_psnr_db == pytest.approx(expected, abs=1e-4)


def test_a_patch_larger_than_a_picture_is_refused(run):
    with pytest.raises(PictureError, match=r"chelsea.png: 120x96 is smaller than .* 98 pixels"):
        run(patch=98)


def test_validation_pictures_without_detail_are_refused(run, tmp_path, monkeypatch):
    write(tmp_path / "fog.png", Picture(torch.full((3, 40, 40), 0.5)))
    fog = Row(tmp_path, "fog.png", "", 40, 40, None)
    real = session.read_rows

    def foggy(manifest, split, workplace):
        return [fog] if split == "validation" else real(manifest, split, workplace)

    monkeypatch.setattr(session, "read_rows", foggy)
    with pytest.raises(TrainingError, match="validation pictures have no patch"):
        run()
