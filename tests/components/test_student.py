"""Station 3 on a few real pictures: distilled and alone, from the same seed on the same pairs."""

import pytest
import torch
from safetensors.torch import load_file

from components import parts
from components.errors import CheckpointError
from components.inference import restore
from components.student import ALONE, LABEL, distil_student, train_alone
from components.teacher import train_teacher
from components.training import checkpoint, golden
from components.training.session import new_network


@pytest.fixture
def teacher(manifest, workplace, tiny_recipe):
    return train_teacher(manifest, tiny_recipe, seed=0, workplace=workplace).record


@pytest.fixture
def distil(manifest, teacher, workplace, tiny_recipe):
    def distil(guide, *, seed=0, **changes):
        params = tiny_recipe.model_copy(update=changes)
        train = distil_student if guide else train_alone
        return train(manifest, guide or teacher, params, seed=seed, workplace=workplace)

    return distil


@pytest.fixture
def network(workplace):
    return lambda record: checkpoint.load(workplace.store.root / record.folder)


def test_a_student_is_distilled_and_found_again(teacher, distil, network):
    made, found = distil(teacher), distil(teacher)
    assert (made.reused, found.reused) == (False, True)
    assert made.record == found.record
    assert made.record.label == LABEL
    assert not network(made.record).privileged


def test_the_student_alone_is_another_one(teacher, distil):
    distilled, alone = distil(teacher), distil(None)
    assert not alone.reused
    assert alone.record.label == ALONE
    assert alone.record.sha256 != distilled.record.sha256
    assert alone.record.num_parameters == distilled.record.num_parameters


def test_a_student_that_is_taught_nothing_is_the_student_alone_to_the_last_bit(teacher, distil):
    taught_nothing = distil(teacher, kl_weight=0.0, inherit_trunk=False)
    assert taught_nothing.record.sha256 == distil(None).record.sha256


def test_the_student_starts_from_the_teachers_trunk_and_an_estimator_of_its_own(
    teacher, distil, network, tiny_recipe
):
    at_rest = tiny_recipe.student.model_copy(update={"learning_rate": 1e-30})
    student = network(distil(teacher, student=at_rest).record)
    untrained = new_network(tiny_recipe.network, seed=0)
    guide = network(teacher)
    for name, value in student.trunk.state_dict().items():
        assert torch.equal(value, guide.trunk.state_dict()[name])
    for name, value in student.estimator.state_dict().items():
        assert torch.equal(value, untrained.estimator.state_dict()[name])


def test_the_teacher_is_left_as_it_was(teacher, distil, network, manifest, workplace, tiny_recipe):
    before = network(teacher).state_dict()
    distil(teacher)
    after = network(teacher).state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert train_teacher(manifest, tiny_recipe, seed=0, workplace=workplace).reused


@pytest.mark.parametrize("change", [{"kl_weight": 0.5}, {"temperature": 1.0}, {"encoder_steps": 2}])
def test_another_way_of_teaching_needs_the_student_again(
    teacher, distil, manifest, workplace, tiny_recipe, change
):
    first, second = distil(teacher), distil(teacher, **change)
    assert not second.reused
    assert first.record.sha256 != second.record.sha256
    params = tiny_recipe.model_copy(update=change)
    assert train_teacher(manifest, params, seed=0, workplace=workplace).reused


def test_another_seed_trains_another_student(teacher, distil):
    first, second = distil(teacher), distil(teacher, seed=1)
    assert not second.reused
    assert first.record.sha256 != second.record.sha256


def test_another_teacher_trains_another_student(teacher, distil, manifest, workplace, tiny_recipe):
    other = train_teacher(manifest, tiny_recipe, seed=1, workplace=workplace).record
    first, second = distil(teacher), distil(other)
    assert not second.reused
    assert first.record.sha256 != second.record.sha256


def test_the_teachers_schedule_alone_is_not_the_students_business(teacher, distil, tiny_recipe):
    distil(teacher)
    longer = tiny_recipe.teacher.model_copy(update={"steps": 99})
    assert distil(teacher, teacher=longer).reused


def test_the_benchmark_is_not_the_students_business(teacher, distil, tiny_recipe):
    distil(teacher)
    noise = parts.parse("degradations", {"name": "gaussian_noise"})
    benchmark = tiny_recipe.benchmark.model_copy(update={"degradations": {"noise": noise}})
    assert distil(teacher, benchmark=benchmark).reused


def test_a_teacher_whose_weights_are_damaged_is_refused(teacher, distil, workplace):
    file = workplace.store.path(teacher, checkpoint.WEIGHTS)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(CheckpointError, match=r"is not the file that model\.json describes"):
        distil(teacher)


def test_what_it_gives_for_golden_pictures_is_recorded_where_it_is_trained(
    teacher, distil, network, workplace
):
    record = distil(teacher).record
    kept = load_file(workplace.store.path(record, golden.FILE))
    case = next(iter(golden.cases()))
    expected = restore(network(record), case.lq).clamp(0, 1)
    torch.testing.assert_close(kept[f"{case.name}.restored"], expected)
