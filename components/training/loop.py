"""The loop: batches in, loss terms added, a trained network and its curve out. It knows no recipe.

A run that was cut short goes on from its last state and ends with the same weights, bit for bit on a CPU.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from components import faults
from components.artifacts import Progress, no_progress
from components.config import TrainParams
from components.errors import TrainingError
from components.models import Network
from components.recipes import Batch, Terms
from components.store import write_atomically
from components.training.signals import noted_signals
from components.training.state import Training, restore_state, save_state

# A loss this many times the largest point of the curve, for this many steps on end, will not come back by
# itself; a short spike does. The largest point, for a phase of training may end with a term far smaller
# than those of the next.
_EXPLODED = 100.0
_PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Hooks:
    """What happens beside the descent.

    Attributes:
        validate: Network in evaluation mode -> a score, called at every point of the curve.
        progress: Told every step.
        state: Folder for the state of a run that may be cut short; None to keep none.
        modules: What trains along and is not the network, by name; its state is kept too.
        score: Name of what `validate` gives, with its unit.
    """

    validate: Callable[[Any], float]
    progress: Progress = no_progress
    state: Path | None = None
    modules: Mapping[str, nn.Module] = field(default_factory=dict)
    score: str = "psnr_db"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What training gives.

    Attributes:
        network: With averaged weights where `ema` is on.
        curve: One row a point: step, each loss term (mean since the last point), loss,
            learning_rate (that step's), validation_<score>, samples_per_second.
    """

    network: Network
    curve: pd.DataFrame


def fit(
    network: Network,
    terms: Callable[[Batch], Terms],
    batches: Callable[[int], Batch],
    params: TrainParams,
    hooks: Hooks,
) -> Fitted:
    """Train a network in place, or go on where a run was cut short.

    The state is saved every `save_every` steps, and when SIGINT or SIGTERM asks to stop.

    Args:
        network: Trained in place.
        terms: Batch -> weighted loss terms; their sum is descended.
        batches: Step -> batch, a pure function.
        params: Steps, optimiser, schedule.
        hooks: Validation, progress, state.

    Raises:
        TrainingError: the loss or its gradient is NaN or infinite, or the loss has exploded; the
            message names step, terms and batch, and stands in `failure.json` beside the last state.
        KeyboardInterrupt, SystemExit: it was asked to stop, and the state is saved.
    """
    # Convolutions run faster so; torch's stubs do not know the argument.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    loop = _Loop(network, params, hooks)
    with noted_signals() as stop:
        while loop.training.step < params.steps:
            batch = batches(loop.training.step)
            loop.descend(terms(batch), batch)
            hooks.progress(loop.training.step, params.steps, loop.note)
            faults.point("step", loop.training.step)
            asked = stop.number  # a signal that comes later waits for the next step
            loop.save(now=asked is not None)
            if asked is not None:
                stop.obey()
    return Fitted(loop.kept, pd.DataFrame(loop.curve))


def learning_rate_factor(step: int, params: TrainParams) -> float:
    """Return the learning rate of a step as a share of the peak, in (0, 1].

    Example:
        >>> halving = TrainParams(
        ...     steps=9, batch=1, patch=8, learning_rate=1e-4, decay="halve", halve_every=3
        ... )
        >>> [learning_rate_factor(step, halving) for step in (0, 3, 6)]
        [1.0, 0.5, 0.25]
    """
    if step < params.warmup_steps:
        return (step + 1) / params.warmup_steps
    if params.decay == "halve":
        return float(0.5 ** (step // params.halve_every))
    if params.decay == "constant":
        return 1.0
    done = (step - params.warmup_steps) / max(1, params.steps - params.warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class _Loop:
    """Network, optimiser, schedule, average and curve of one training."""

    def __init__(self, network: Network, params: TrainParams, hooks: Hooks) -> None:
        self.network, self.params, self.hooks = network, params, hooks
        beside = (p for module in hooks.modules.values() for p in module.parameters())
        self.parameters = [*network.parameters(), *beside]
        self.optimiser = AdamW(
            self.parameters, lr=params.learning_rate, weight_decay=params.weight_decay
        )
        schedule = LambdaLR(self.optimiser, lambda step: learning_rate_factor(step, params))
        modules: dict[str, nn.Module] = {"network": network, **hooks.modules}
        self.averaged: AveragedModel | None = None
        if params.ema:
            decay = get_ema_multi_avg_fn(params.ema)
            self.averaged = AveragedModel(network, multi_avg_fn=decay, use_buffers=True)
            modules["averaged"] = self.averaged
        rows = {"curve": [], "since": [], "largest": 0.0, "beyond": 0}
        self.training = Training(modules, self.optimiser, schedule, rows=rows)
        if hooks.state is not None:
            restore_state(hooks.state, self.training)
        self.started = time.monotonic()

    @property
    def curve(self) -> list[dict[str, float]]:
        """The curve so far."""
        return cast("list[dict[str, float]]", self.training.rows["curve"])

    @property
    def kept(self) -> Network:
        """The network with the weights to keep."""
        averaged = self.averaged
        return self.network if averaged is None else cast("Network", averaged.module)

    @property
    def note(self) -> str:
        """The last validation, for the progress."""
        if not self.curve:
            return ""
        score = self.hooks.score
        value = self.curve[-1][f"validation_{score}"]
        return f"{value:.2f} dB" if score == "psnr_db" else f"{score} {value:.3f}"

    def descend(self, terms: Terms, batch: Batch) -> None:
        """Make one step, and a point of the curve where one is due."""
        self.training.rows["since"].append(self._descend(terms, batch))
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        self.training.step += 1
        done, params = self.training.step, self.params
        if done % params.validate_every == 0 or done == params.steps:
            self._add_point()
        self.training.schedule.step()

    def save(self, *, now: bool) -> None:
        """Save the state where it is due, or now."""
        done, params = self.training.step, self.params
        due = now or done % params.save_every == 0
        if self.hooks.state is not None and due and done < params.steps:
            save_state(self.hooks.state, self.training)
            faults.point("state", done)

    def _descend(self, terms: Terms, batch: Batch) -> dict[str, float]:
        loss = torch.stack(list(terms.values())).sum()
        values = {name: term.item() for name, term in terms.items()} | {"loss": loss.item()}
        if not math.isfinite(values["loss"]) or self._has_exploded(values["loss"]):
            self._give_up(f"the loss is {values['loss']}", values, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip_norm = self.params.clip_norm or math.inf
        norm = nn.utils.clip_grad_norm_(self.parameters, clip_norm).item()
        if not math.isfinite(norm):
            self._give_up(f"the gradient's norm is {norm}", values, batch)
        self.optimiser.step()
        return values

    def _has_exploded(self, loss: float) -> bool:
        """Count the steps on end with a loss beyond all that the curve has seen."""
        rows = self.training.rows
        limit = _EXPLODED * rows["largest"] or math.inf  # none before the curve's first point
        rows["beyond"] = rows["beyond"] + 1 if loss > limit else 0
        return bool(rows["beyond"] >= _PATIENCE)

    def _give_up(self, what: str, values: dict[str, float], batch: Batch) -> None:
        digest = _digest(batch)
        message = (
            f"step {batch.step}: {what} ({values}) on the batch with sha256 {digest}; "
            "a lower learning_rate or a clip_norm may help"
        )
        if self.hooks.state is not None:
            self.hooks.state.mkdir(parents=True, exist_ok=True)
            failure = {"step": batch.step, "batch_sha256": digest, "terms": values, "why": message}
            content = json.dumps(failure, indent=1).encode()
            write_atomically(self.hooks.state / "failure.json", content)
        raise TrainingError(message)

    def _add_point(self) -> None:
        since: list[dict[str, float]] = self.training.rows["since"]
        seconds = max(time.monotonic() - self.started, 1e-9)
        self.curve.append(
            {"step": float(self.training.step), **_mean(since)}
            | {"learning_rate": float(self.training.schedule.get_last_lr()[0])}
            | {f"validation_{self.hooks.score}": self.hooks.validate(self.kept.eval())}
            | {"samples_per_second": len(since) * self.params.batch / seconds}
        )
        if not self.training.rows["beyond"]:
            self.training.rows["largest"] = max(
                self.training.rows["largest"], self.curve[-1]["loss"]
            )
        self.network.train()
        since.clear()
        self.started = time.monotonic()


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """Average by name; a term that a phase leaves out is averaged over the steps that have it."""
    names = sorted({name for row in rows for name in row})
    return {n: sum(r[n] for r in rows if n in r) / sum(n in r for r in rows) for n in names}


def _digest(batch: Batch) -> str:
    """Digest a batch's pictures, degraded and clean."""
    total = hashlib.sha256()
    for tensor in (batch.lq, batch.gt):
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
