"""Degradation-aware restoration: the mask's truth, the fading weight, and who learns from what."""

import math

import pytest
import torch

from components import parts
from components.losses import attentive
from components.models import mask_guided, mask_net
from components.recipes import Batch
from components.recipes.degradation_aware import Recipe, Weigher, mask_iou

TRAIN = {"steps": 100, "batch": 2, "patch": 16, "learning_rate": 1e-4, "pool": 8}
BLOCK = {
    "name": "degradation_aware",
    "network": {"name": "mask_guided", "widths": (4, 4, 6, 6)},
    "degradation": [{"name": "gaussian_noise", "level": 10.0}],
    "teacher": TRAIN,
    "student": TRAIN,
    "benchmark": {"protocol": "sr_y", "degradations": {"n": {"name": "gaussian_noise"}}},
}


@pytest.fixture(scope="module")
def params():
    return parts.parse("recipes", BLOCK)


@pytest.fixture
def make(params):
    return lambda **changes: Recipe(params.model_copy(update=changes))


@pytest.fixture
def teacher(make):
    return mask_net.Model(make().teacher_params()).eval()


@pytest.fixture
def student(make, teacher):
    network = mask_guided.Model(make().student_params())
    make().inherit(network, teacher)
    return network


def batch(step=50):
    """Two pairs that are damaged in their left half, with the true mask behind them."""
    gt = torch.rand(2, 3, 16, 16) / 2
    lq = gt.clone()
    lq[..., :8] += 0.4
    return Batch(lq=lq, gt=gt, step=step)


def test_the_truth_of_the_mask_is_the_damage(make):
    truth = make().truth(batch())
    assert truth[..., :8].min() == 1
    assert truth[..., 8:].max() == 0


def test_a_perfect_mask_costs_next_to_nothing(make, teacher):
    class Perfect(mask_net.Model):
        def logits(self, lq):
            logits = torch.full_like(lq[:, :1], -20.0)
            logits[..., :8] = 20.0
            return logits

    terms = make().teacher_terms(Perfect(make().teacher_params()), batch())
    assert terms.keys() == {"cross_entropy", "dice"}
    assert sum(terms.values()).item() == pytest.approx(0, abs=1e-4)


def test_the_teachers_score_is_the_masks_agreement(make, teacher):
    score = make().teacher_score(teacher, batch())
    assert score.name == "iou"
    found = teacher(batch().lq) > 0.5
    torch.testing.assert_close(score.values, mask_iou(found, make().truth(batch()) > 0.5))


def test_empty_masks_agree():
    assert mask_iou(*[torch.zeros(1, 1, 2, 2, dtype=torch.bool)] * 2).item() == 1


@pytest.mark.parametrize("mode", ["plain", "static", "meta"])
def test_adapted_taps_are_compared_with_standardised_features(make, teacher, student, mode):
    recipe = make(mode=mode, weight=1.0, true_mask_share=0.0)
    student.restorer.encoder.load_state_dict(teacher.net.encoder.state_dict())
    for adapter in recipe.adapters:
        torch.nn.init.dirac_(adapter.weight)
        torch.nn.init.zeros_(adapter.bias)
    pairs = batch()
    taps = teacher.net.encoder(pairs.lq)
    terms = recipe.student_terms(student, teacher, pairs)
    if mode == "plain":
        expected = sum(
            attentive.loss(t, attentive.standardise(t), attentive.evenly(t)) for t in taps
        )
        torch.testing.assert_close(terms["features"], expected)
    assert terms["features"].item() > 0


def test_the_weight_fades_over_the_last_fifth(make, teacher, student):
    recipe = make(mode="plain", weight=1.0, true_mask_share=0.0)
    pairs = [batch(step) for step in (0, 79, 90, 100)]
    first, before, half, end = (
        recipe.student_terms(student, teacher, Batch(pairs[0].lq, pairs[0].gt, step=p.step))
        for p in pairs
    )
    assert before["features"].item() == pytest.approx(first["features"].item())
    assert half["features"].item() == pytest.approx(first["features"].item() / 2)
    assert end.keys() == {"l1"}


def test_without_a_teacher_the_mask_is_still_used(make, student):
    assert make().student_terms(student, None, batch()).keys() == {"l1"}
    alone = mask_guided.Model(make().student_params())
    make().inherit_alone(alone, mask_net.Model(make().teacher_params()))
    assert make().alone_inherits


def test_some_samples_see_the_true_mask_at_the_start(make, student):
    recipe, pairs = make(true_mask_share=1.0), batch(step=0)
    seen = recipe._mask_for(student, pairs)
    torch.testing.assert_close(seen, recipe.truth(pairs))
    later = recipe._mask_for(student, batch(step=10))
    assert later.unique().numel() > 2


def test_the_teacher_gets_no_gradient(make, teacher, student):
    recipe = make(mode="meta", meta_every=1)
    sum(recipe.student_terms(student, teacher, batch()).values()).backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert all(parameter.grad is None for parameter in student.mask_net.parameters())


def test_looking_ahead_teaches_the_weighers_alone(make, teacher, student):
    recipe = make(mode="meta", meta_every=1, weight=1.0)
    for weigher in recipe.weighers:  # zero weights on both sides of a product have no slope
        torch.nn.init.normal_(weigher.level.weight)
    terms = recipe.student_terms(student, teacher, batch())
    terms["meta"].backward()
    assert all(p.grad is None for p in student.parameters())
    assert all(p.grad is None for p in recipe.adapters.parameters())
    assert any(p.grad.any() for p in recipe.weighers.parameters())


def test_plain_descent_does_not_touch_the_weighers(make, teacher, student):
    recipe = make(mode="meta", meta_every=7)
    recipe.student_terms(student, teacher, batch(step=50))["features"].backward()
    assert all(p.grad is None for p in recipe.weighers.parameters())


def test_weighers_start_even():
    emphasis = Weigher(4)(torch.rand(2, 4, 3, 3))
    torch.testing.assert_close(emphasis.channels, torch.full((2, 4), 1 / 4))
    assert math.isclose(emphasis.places.mean().item(), 1)
