"""What every file of the bin promises, each with its block of params.yaml."""

import re
from pathlib import Path

import pytest
import torch

from components import models, parts, recipes
from components.ablation import arms
from components.config import RecipeParams, load_params
from components.draws import Draws, seeds_for
from components.models import Network, RestorationModel
from components.recipes import Batch, Paper, Recipe, Terms

PARAMETER_FILE = Path(__file__).parents[3] / "params.yaml"
SIDE = 48  # of the ground truth: a multiple of every scale, larger than every kernel's reach


@pytest.fixture(params=load_params(PARAMETER_FILE).recipes)
def params(request) -> RecipeParams:
    return load_params(PARAMETER_FILE).recipes[request.param]


@pytest.fixture
def recipe(params) -> Recipe:
    return parts.build("recipes", params)


@pytest.fixture
def batch(params) -> Batch:
    return damaged_by(params.degradation)


@pytest.fixture
def teachers_batch(params) -> Batch:
    return damaged_by(params.teacher_degradation or params.degradation)


def damaged_by(degradation) -> Batch:
    gt = torch.rand(2, 3, SIDE, SIDE)
    given = parts.build("degradations", degradation)(gt, Draws(seeds_for(0, torch.arange(2))))
    return Batch(lq=given.image, gt=gt, drawn=given.drawn, mask=given.mask)


@pytest.fixture
def teacher(recipe) -> Network:
    return parts.build("models", recipe.teacher_params())


@pytest.fixture
def student(recipe) -> RestorationModel:
    return parts.build("models", recipe.student_params())


def check(terms: Terms) -> None:
    assert terms
    for name, term in terms.items():
        assert term.shape == (), name
        assert term.isfinite(), name


def gradients(network: RestorationModel) -> list[torch.Tensor]:
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def test_it_says_where_it_comes_from(params):
    part = parts.load("recipes", params.name)
    assert part.__doc__.splitlines()[0].endswith((".", ":"))
    assert isinstance(part.PAPER, Paper)
    assert part.PAPER.url.startswith("https://")
    assert part.PAPER.title
    assert part.PAPER.venue


def test_its_parameters_are_those_of_a_recipe(params, recipe):
    part = parts.load("recipes", params.name)
    assert issubclass(part.Params, RecipeParams)
    assert issubclass(part.Recipe, recipes.Recipe)
    own = part.Params.model_fields.keys() - RecipeParams.model_fields.keys()
    assert params.student_only <= own  # the teacher reads all that every recipe has
    assert params.taught_only <= params.student_only
    assert parts.parse("recipes", params.model_dump(mode="json")) == params


def test_its_networks_undo_its_degradation(params, recipe, teacher, student):
    assert isinstance(student, models.RestorationModel)
    assert student.scale == parts.build("degradations", params.degradation).scale
    damage = params.teacher_degradation or params.degradation
    assert teacher.scale == parts.build("degradations", damage).scale
    if recipe.teacher_restores:
        assert isinstance(teacher, models.RestorationModel)
        assert teacher.scale == student.scale


def test_its_student_can_be_released(student):
    assert not student.privileged


def test_the_teacher_learns_from_finite_terms(recipe, teacher, teachers_batch):
    terms = recipe.teacher_terms(teacher, teachers_batch)
    check(terms)
    sum(terms.values()).backward()
    assert any(gradient.any() for gradient in gradients(teacher))


def test_the_student_learns_and_the_teacher_is_left_alone(recipe, teacher, student, batch):
    terms = recipe.student_terms(student, teacher.eval(), batch)
    check(terms)
    sum(terms.values()).backward()
    assert any(gradient.any() for gradient in gradients(student))
    assert not gradients(teacher)


def test_the_student_learns_alone(recipe, student, batch):
    terms = recipe.student_terms(student, None, batch)
    check(terms)
    sum(terms.values()).backward()
    assert any(gradient.any() for gradient in gradients(student))


def test_inheriting_gives_the_student_a_copy(recipe, teacher, student):
    before = [value.clone() for value in teacher.state_dict().values()]
    recipe.inherit(student, teacher)
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(1)
    after = teacher.state_dict().values()
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_the_teachers_score_is_a_number_for_each_pair(recipe, teacher, teachers_batch):
    with torch.no_grad():
        score = recipe.teacher_score(teacher, teachers_batch)
    assert score.values.shape == (2,)
    assert score.values.isfinite().all()
    assert re.fullmatch(r"[a-z_0-9]+", score.name)


def test_its_first_ablation_is_a_control_without_a_teacher(recipe, params):
    found = arms(params)
    assert len({arm.label for arm in found}) == len(found) >= 2
    assert not found[0].variant.taught
    assert any(arm.variant.taught for arm in found)


def test_its_notes_are_sentences(recipe):
    for note in recipe.notes():
        assert note[0].isupper()
        assert note.endswith(".")
