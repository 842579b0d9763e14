"""KDSR's two losses, its phases, and what passes from teacher to student."""

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from components import parts
from components.losses import softmax_kl
from components.models import kdsr
from components.recipes import Batch
from components.recipes.kdsr import Params, Recipe


@pytest.fixture
def make(tiny_recipe):
    """Build the tiny recipe with some parameters changed."""
    return lambda **changes: Recipe(tiny_recipe.model_copy(update=changes))


@pytest.fixture
def teacher(make):
    return kdsr.Model(make().teacher_params()).eval()


@pytest.fixture
def student(make):
    return kdsr.Model(make().student_params())


def batch(step: int = 0) -> Batch:
    return Batch(lq=torch.rand(3, 3, 8, 8), gt=torch.rand(3, 3, 16, 16), step=step)


def test_the_defaults_are_the_papers(tiny_recipe):
    block = tiny_recipe.model_dump(mode="json", exclude={"network"})
    block |= {"degradation": [{"name": "bicubic_downsample", "scale": 4}]}
    block["benchmark"]["degradations"] = {"x4": {"name": "bicubic_downsample", "scale": 4}}
    params = parts.parse("recipes", block)
    assert params.network == kdsr.PRESETS["M"]
    assert (params.temperature, params.kl_weight) == (0.15, 1.0)
    assert params.inherit_trunk
    assert params.encoder_steps == 0


def test_only_the_teacher_sees_the_ground_truth(make):
    assert make().teacher_params().privileged
    assert not make().student_params().privileged


def test_the_teacher_learns_from_the_ground_truth_alone(make, teacher):
    pairs = batch()
    terms = make().teacher_terms(teacher, pairs)
    assert terms.keys() == {"l1"}
    torch.testing.assert_close(terms["l1"], F.l1_loss(teacher(pairs.lq, pairs.gt), pairs.gt))


def test_the_students_terms_are_l1_and_weighted_kl(make, teacher, student):
    pairs = batch()
    terms = make(kl_weight=3.0, temperature=0.5).student_terms(student, teacher, pairs)
    assert terms.keys() == {"l1", "kl"}
    codes = student.encode(pairs.lq), teacher.encode(pairs.lq, pairs.gt)
    torch.testing.assert_close(terms["kl"], 3 * softmax_kl.loss(*codes, temperature=0.5))
    torch.testing.assert_close(terms["l1"], F.l1_loss(student(pairs.lq), pairs.gt))


def test_without_a_teacher_or_a_weight_there_is_no_kl(make, teacher, student):
    assert make().student_terms(student, None, batch()).keys() == {"l1"}
    assert make(kl_weight=0.0).student_terms(student, teacher, batch()).keys() == {"l1"}


def test_the_first_steps_may_train_the_encoder_alone(make, teacher, student):
    recipe = make(encoder_steps=5)
    assert recipe.student_terms(student, teacher, batch(step=4)).keys() == {"kl"}
    assert recipe.student_terms(student, teacher, batch(step=5)).keys() == {"kl", "l1"}
    recipe.student_terms(student, teacher, batch(step=4))["kl"].backward()
    assert all(parameter.grad is None for parameter in student.trunk.parameters())
    assert any(parameter.grad.any() for parameter in student.estimator.body.parameters())


def test_the_student_alone_has_no_encoder_phase(make, student):
    assert make(encoder_steps=5).student_terms(student, None, batch()).keys() == {"l1"}


def test_no_gradient_reaches_the_teacher(make, teacher, student):
    assert all(parameter.requires_grad for parameter in teacher.parameters())
    sum(make().student_terms(student, teacher, batch()).values()).backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_the_teacher_runs_without_a_graph_while_it_teaches(make, teacher, student):
    taped = []
    teacher.estimator.register_forward_hook(lambda *_: taped.append(torch.is_grad_enabled()))
    make().student_terms(student, teacher, batch())
    assert taped == [False]


def test_the_student_inherits_the_trunk_and_not_the_estimator(make, teacher, student):
    own = {name: value.clone() for name, value in student.estimator.state_dict().items()}
    make().inherit(student, teacher)
    for name, value in teacher.trunk.state_dict().items():
        assert torch.equal(student.trunk.state_dict()[name], value)
    assert all(torch.equal(student.estimator.state_dict()[name], own[name]) for name in own)


def test_inheriting_can_be_switched_off(make, teacher, student):
    before = student.trunk.head.weight.clone()
    make(inherit_trunk=False).inherit(student, teacher)
    assert torch.equal(student.trunk.head.weight, before)


def test_the_notes_say_what_each_network_saw(make, tiny_recipe):
    data, method = make().notes()
    assert "on 16 patches, each damaged anew at every step" in data
    assert "alone for 6 steps on 8 fixed pairs" in data
    assert "starts from the teacher's trunk" in method
    plenty = tiny_recipe.student.model_copy(update={"pairs": 0, "pool": 99})
    data, method = make(student=plenty, inherit_trunk=False, kl_weight=0.5).notes()
    assert "steps on 99 patches, each damaged anew" in data
    assert "starts from random weights" in method
    assert "0.5" in method


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("medium", r"no preset 'medium' \(there are: M, L, GAN, small\)"),
        ("small", r"network.scale is 4, but the degradation shrinks by 2"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(tiny_recipe, network, message):
    with pytest.raises(ValidationError, match=message):
        Params.model_validate(tiny_recipe.model_dump(mode="json") | {"network": network})
