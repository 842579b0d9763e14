"""Station 2 on a few real pictures: what is trained, what is reused, what makes it train again."""

import json

import pytest

from components import parts
from components.keys import Key
from components.store import RECORD, Store, Workplace
from components.teacher import LABEL, train_teacher
from components.training import checkpoint


@pytest.fixture
def train(manifest, workplace, tiny_recipe):
    def train(*, seed=0, **changes):
        params = tiny_recipe.model_copy(update=changes)
        return train_teacher(manifest, params, seed=seed, workplace=workplace)

    return train


def longer(params):
    return params.model_copy(update={"steps": params.steps + 1})


def test_a_teacher_is_trained_and_found_again(train, workplace):
    made, found = train(), train()
    assert not made.reused
    assert found.reused
    assert made.record == found.record
    assert made.record.label == LABEL
    assert made.record.validation > 5
    assert checkpoint.load(workplace.store.root / made.record.folder).privileged


def test_progress_is_told_while_training_and_not_when_reused(manifest, workplace, tiny_recipe):
    told = []
    for _ in range(2):
        train_teacher(
            manifest,
            tiny_recipe,
            seed=0,
            workplace=workplace,
            progress=lambda done, total, _: told.append((done, total)),
        )
    assert told == [(step, 6) for step in range(1, 7)]


def test_the_same_seed_gives_the_same_weights_anywhere(
    train, manifest, workplace, tiny_recipe, tmp_path
):
    elsewhere = Workplace(Store(tmp_path / "elsewhere"), workplace.data)
    source = workplace.store.root / manifest.folder
    target = elsewhere.store.root / manifest.folder
    target.parent.mkdir(parents=True)
    target.symlink_to(source)
    second = train_teacher(manifest, tiny_recipe, seed=0, workplace=elsewhere)
    assert not second.reused
    assert second.record.sha256 == train().record.sha256


def test_another_seed_trains_another_teacher(train):
    first, second = train(seed=0), train(seed=1)
    assert not second.reused
    assert first.record.sha256 != second.record.sha256


@pytest.mark.parametrize(
    "change",
    [{"kl_weight": 0.5}, {"temperature": 1.0}, {"inherit_trunk": False}, {"encoder_steps": 2}],
)
def test_what_the_student_alone_reads_trains_no_new_teacher(train, change):
    train()
    assert train(**change).reused


def test_the_students_training_and_the_benchmark_train_no_new_teacher(train, tiny_recipe):
    train()
    assert train(student=longer(tiny_recipe.student)).reused
    noise = parts.parse("degradations", {"name": "gaussian_noise"})
    benchmark = tiny_recipe.benchmark.model_copy(update={"degradations": {"noise": noise}})
    assert train(benchmark=benchmark).reused


def test_what_the_teacher_reads_trains_a_new_one(train, tiny_recipe):
    train()
    fewer = tiny_recipe.degradation.model_copy(update={"steps": tiny_recipe.degradation.steps[:2]})
    wider = tiny_recipe.network.model_copy(update={"channels": 5})
    assert not train(teacher=longer(tiny_recipe.teacher)).reused
    assert not train(degradation=fewer).reused
    assert not train(network=wider).reused


def test_the_key_names_all_code_that_moves_the_weights(train, workplace):
    folder = workplace.store.root / train().record.folder
    key = Key.model_validate(json.loads((folder / RECORD).read_text())["key"])
    assert {
        "components.teacher",
        "components.draws",
        "components.pictures.images",
        "components.pictures.resize",
        "components.degradations.chain",
        "components.degradations.gaussian_blur",
        "components.degradations.quantise",
        "components.losses.softmax_kl",
        "components.models.kdsr",
        "components.recipes.kdsr",
        "components.training.loop",
        "components.training.pairs",
        "components.training.session",
    } <= key.modules.keys()
    others = {"student", "benchmark", "gate", "registry", "degradations.gaussian_noise"}
    assert not {f"components.{name}" for name in others} & key.modules.keys()
