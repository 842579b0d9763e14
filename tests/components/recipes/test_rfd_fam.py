"""RFD-FAM's terms: what the student is compared with, under each choice."""

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from components import parts
from components.losses import affinity
from components.models import ffa, fsrcnn
from components.recipes import Batch
from components.recipes.rfd_fam import Params, Recipe

TRAIN = {"steps": 4, "batch": 2, "patch": 16, "learning_rate": 1e-4}
BLOCK = {
    "name": "rfd_fam",
    "degradation": [{"name": "gaussian_noise", "level": 10.0}],
    "teacher_degradation": [{"name": "bicubic_downsample", "scale": 2}, {"name": "quantise"}],
    "teacher": TRAIN | {"pool": 8},
    "student": TRAIN | {"pool": 8},
    "benchmark": {"protocol": "sr_y", "degradations": {"n": {"name": "gaussian_noise"}}},
}


@pytest.fixture(scope="module")
def params():
    return parts.parse("recipes", BLOCK | {"network": "small", "teacher_network": "small"})


@pytest.fixture
def make(params):
    return lambda **changes: Recipe(params.model_copy(update=changes))


@pytest.fixture
def teacher(make):
    return fsrcnn.Model(make().teacher_params()).eval()


@pytest.fixture
def student(make):
    return ffa.Model(make().student_params())


def batch():
    return Batch(lq=torch.rand(2, 3, 16, 16), gt=torch.rand(2, 3, 16, 16))


def test_the_defaults_are_those_of_the_authors_code():
    params = parts.parse("recipes", BLOCK)
    assert params.network == ffa.PRESETS["student"]
    assert params.teacher_network == fsrcnn.PRESETS["teacher"]
    assert (params.weight, params.norm, params.tap, params.cell) == (0.25, "official", "output", 4)


def test_the_teacher_learns_to_enlarge(make, teacher):
    pairs = Batch(lq=torch.rand(2, 3, 8, 8), gt=torch.rand(2, 3, 16, 16))
    terms = make().teacher_terms(teacher, pairs)
    torch.testing.assert_close(terms["mse"], F.mse_loss(teacher(pairs.lq), pairs.gt))


def test_the_students_output_is_compared_with_the_enlarged_truth(make, teacher, student):
    pairs = batch()
    terms = make(weight=2.0, norm="mean").student_terms(student, teacher, pairs)
    restored = student(pairs.lq)
    expected = affinity.loss(restored, teacher(pairs.gt), cell=4, norm="mean")
    torch.testing.assert_close(terms["affinity"], 2 * expected)
    torch.testing.assert_close(terms["mse"], F.mse_loss(restored, pairs.gt))


def test_the_students_features_are_compared_with_the_teachers(make, teacher, student):
    pairs = batch()
    terms = make(weight=1.0, norm="mean", tap="feature").student_terms(student, teacher, pairs)
    maps = student.features(pairs.lq), teacher.features(pairs.gt)
    torch.testing.assert_close(terms["affinity"], affinity.loss(*maps, cell=4, unit=True))


def test_the_control_takes_the_truth_in_the_teachers_place(make, teacher, student):
    pairs = batch()
    recipe = make(weight=1.0, norm="mean", affinity_of="truth")
    value = recipe.student_terms(student, teacher, pairs)["affinity"]
    torch.testing.assert_close(value, affinity.loss(student(pairs.lq), pairs.gt, cell=4))


def test_without_a_teacher_or_a_weight_there_is_no_affinity(make, teacher, student):
    assert make().student_terms(student, None, batch()).keys() == {"mse"}
    assert make(weight=0.0).student_terms(student, teacher, batch()).keys() == {"mse"}


def test_the_teacher_gets_no_gradient(make, teacher, student):
    for tap in ("output", "feature"):
        sum(make(tap=tap).student_terms(student, teacher, batch()).values()).backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_the_truth_has_no_features():
    with pytest.raises(ValidationError, match="affinity_of: truth needs tap: output"):
        Params.model_validate(
            parts.parse("recipes", BLOCK).model_dump() | {"affinity_of": "truth", "tap": "feature"}
        )
