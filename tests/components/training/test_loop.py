"""The loop descends, averages, slows down, and stops where numbers end."""

import hashlib

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from components.config import TrainParams
from components.errors import TrainingError
from components.models import RestorationModel
from components.recipes import Batch
from components.training.loop import Hooks, fit, learning_rate_factor


class Tiny(RestorationModel):
    """One convolution, which can learn to invert a picture; and a layer that training changes."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3, affine=False)

    def restore(self, lq, _):
        return self.conv(lq) + 0 * self.norm(lq)


def batches(step: int) -> Batch:
    gt = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(step))
    return Batch(lq=1 - gt, gt=gt, step=step)


def train_params(**changes: object) -> TrainParams:
    given = {"steps": 40, "batch": 4, "patch": 8, "learning_rate": 1e-2, "decay": "constant"}
    return TrainParams(**(given | {"validate_every": 10} | changes))


def train(network=None, *, terms=None, validate=lambda _: 30.0, **changes):
    network = network or tiny()
    loss = terms or (lambda batch: {"l1": F.l1_loss(network(batch.lq), batch.gt)})
    params = train_params(**changes)
    return fit(network, loss, batches, params, Hooks(validate))


def tiny() -> Tiny:
    torch.manual_seed(1)
    return Tiny()


def numbers(network: nn.Module) -> torch.Tensor:
    return torch.cat([value.detach().flatten().double() for value in network.state_dict().values()])


def test_the_loss_falls():
    curve = train(steps=100).curve
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0] / 2


def test_two_runs_are_equal_to_the_last_bit():
    first, second = train(ema=0.9, clip_norm=0.1), train(ema=0.9, clip_norm=0.1)
    assert torch.equal(numbers(first.network), numbers(second.network))
    same = first.curve.drop(columns="samples_per_second")
    assert same.equals(second.curve.drop(columns="samples_per_second"))


def test_the_curve_has_a_row_every_so_often_and_at_the_end():
    curve = train(steps=25, validate_every=10).curve
    assert curve["step"].tolist() == [10, 20, 25]
    assert list(curve) == [
        "step",
        "l1",
        "loss",
        "learning_rate",
        "validation_psnr_db",
        "samples_per_second",
    ]
    assert (curve["samples_per_second"] > 0).all()


def test_a_row_is_the_mean_since_the_last_one():
    network, seen = tiny(), []

    def terms(batch):
        seen.append(F.l1_loss(network(batch.lq), batch.gt))
        return {"l1": seen[-1]}

    curve = train(network, terms=terms, steps=7, validate_every=5).curve
    assert curve["l1"].tolist() == pytest.approx(
        [sum(s.item() for s in seen[:5]) / 5, sum(s.item() for s in seen[5:]) / 2]
    )


def test_the_sum_of_the_terms_is_descended():
    network = tiny()

    def terms(batch):
        restored = network(batch.lq)
        return {"a": 2 * F.l1_loss(restored, batch.gt), "b": 3 * F.mse_loss(restored, batch.gt)}

    curve = train(network, terms=terms, steps=5).curve
    assert curve["loss"].tolist() == pytest.approx((curve["a"] + curve["b"]).tolist())


def test_a_term_that_a_phase_leaves_out_is_averaged_where_it_is():
    network = tiny()

    def terms(batch):
        always = F.l1_loss(network(batch.lq), batch.gt)
        return {"l1": always} | ({"late": 0 * always + 8} if batch.step >= 8 else {})

    curve = train(network, terms=terms, steps=20).curve
    assert curve["late"].tolist() == [8, 8]


def test_what_gets_no_gradient_stays_as_it_was():
    network = tiny()
    before = network.conv.bias.detach().clone()

    def weight_alone(batch):
        restored = F.conv2d(batch.lq, network.conv.weight, padding=1)
        return {"l1": F.l1_loss(restored, batch.gt)}

    train(network, terms=weight_alone, weight_decay=0.5, steps=3)
    assert torch.equal(network.conv.bias, before)


def test_the_average_runs_behind_the_weights():
    network, kept = tiny(), []

    def terms(batch):
        kept.append(network.conv.weight.detach().clone())
        return {"l1": F.l1_loss(network(batch.lq), batch.gt)}

    fitted = train(network, terms=terms, steps=6, ema=0.75)
    expected, *later = [*kept[1:], network.conv.weight.detach()]  # weights after each step
    for weight in later:
        expected = 0.75 * expected + 0.25 * weight
    assert fitted.network is not network
    torch.testing.assert_close(fitted.network.conv.weight.detach(), expected)
    assert not torch.allclose(expected, network.conv.weight, atol=1e-3)


def test_without_an_average_the_network_itself_is_given():
    network = tiny()
    assert train(network, steps=1).network is network


@pytest.mark.parametrize("ema", [0.0, 0.5])
def test_validation_looks_at_the_weights_to_keep_and_leaves_them_alone(ema):
    network, shown = tiny(), []

    def validate(seen):
        assert not seen.training
        shown.append(numbers(seen))
        with torch.no_grad():
            seen(torch.rand(1, 3, 8, 8))  # would move the statistics of a network in training
        return float(len(shown))

    fitted = train(network, validate=validate, steps=20, ema=ema)
    assert torch.equal(numbers(fitted.network), shown[-1])
    assert network.training
    assert fitted.curve["validation_psnr_db"].tolist() == [1, 2]


def test_the_learning_rate_halves():
    curve = train(steps=9, validate_every=1, decay="halve", halve_every=3).curve
    expected = [1e-2] * 3 + [5e-3] * 3 + [2.5e-3] * 3
    assert curve["learning_rate"].tolist() == pytest.approx(expected)


def test_the_learning_rate_rises_then_falls_as_a_cosine():
    params = train_params(decay="cosine", warmup_steps=4, steps=12)
    factors = [learning_rate_factor(step, params) for step in range(12)]
    assert factors[:5] == [0.25, 0.5, 0.75, 1, 1]
    assert factors[8] == pytest.approx(0.5)  # half of the way down
    assert factors[6] == pytest.approx((1 + 0.5**0.5) / 2)  # a quarter: cos(45 degrees)
    assert factors[10] == pytest.approx((1 - 0.5**0.5) / 2)


def test_a_step_is_taken_at_its_own_learning_rate():
    # Adam's first step is the learning rate in every coordinate, whatever the gradient.
    network = tiny()
    before = network.conv.weight.detach().clone()
    train(network, steps=1, warmup_steps=10, learning_rate=1e-2)
    moved = (network.conv.weight - before).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 1e-3), rtol=1e-3, atol=1e-6)


def test_gradients_are_clipped_to_the_norm():
    network, norms = tiny(), []

    def terms(batch):
        grads = [p.grad for p in network.parameters() if p.grad is not None]
        norms.extend([torch.cat([g.flatten() for g in grads]).norm().item()] if grads else [])
        return {"mse": 100 * F.mse_loss(network(batch.lq), batch.gt)}

    train(network, terms=terms, clip_norm=0.5, steps=4)
    assert norms == pytest.approx([0.5] * 3, rel=1e-3)


def test_a_loss_that_is_not_a_number_names_step_terms_and_batch():
    network = tiny()

    def terms(batch):
        factor = float("nan") if batch.step == 3 else 1.0
        return {
            "l1": F.l1_loss(network(batch.lq), batch.gt),
            "bad": network.conv.bias.sum() * factor,
        }

    culprit = batches(3)
    content = culprit.lq.numpy().tobytes() + culprit.gt.numpy().tobytes()
    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(TrainingError, match=f"step 3: the loss is nan .*'bad': nan.* {digest}"):
        train(network, terms=terms)
    assert numbers(network).isfinite().all()


def test_a_gradient_that_is_not_finite_is_found_before_it_does_harm():
    network = tiny()

    def terms(batch):  # the root of zero is a number, its slope is infinite
        root = (network.conv.bias - network.conv.bias.detach()).sum().sqrt()
        return {"l1": F.l1_loss(network(batch.lq), batch.gt), "root": root}

    with pytest.raises(TrainingError, match=r"step 0: the gradient's norm is inf .*'root': 0.0"):
        train(network, terms=terms)
    assert numbers(network).isfinite().all()


def beyond(steps):
    """A loss that leaps in some steps, a thousand times what it was."""
    network = tiny()

    def terms(batch):
        factor = 1e3 if batch.step in steps else 1.0
        return {"l1": F.l1_loss(network(batch.lq), batch.gt) + factor - 1}

    return network, terms


def test_a_loss_that_stays_beyond_all_it_has_been_is_an_explosion():
    network, terms = beyond(range(10, 40))
    with pytest.raises(TrainingError, match="step 29: the loss is 999"):
        train(network, terms=terms, validate_every=9)


def test_a_short_spike_is_survived():
    network, terms = beyond(range(10, 29))
    train(network, terms=terms, validate_every=9)


def test_progress_is_told_every_step():
    told = []
    network = tiny()
    fit(
        network,
        lambda batch: {"l1": F.l1_loss(network(batch.lq), batch.gt)},
        batches,
        train_params(steps=3, validate_every=2),
        Hooks(lambda _: 12.346, lambda *args: told.append(args)),
    )
    assert told == [(1, 3, ""), (2, 3, "12.35 dB"), (3, 3, "12.35 dB")]


def test_what_belongs_to_the_recipe_is_trained_with_the_network():
    network, adapter = tiny(), nn.Conv2d(3, 3, 1)
    before = adapter.weight.detach().clone()

    def terms(batch):
        return {"l1": F.l1_loss(adapter(network(batch.lq)), batch.gt)}

    hooks = Hooks(lambda _: 30.0, modules={"recipe": adapter})
    fit(network, terms, batches, train_params(steps=3), hooks)
    assert not torch.equal(adapter.weight, before)
