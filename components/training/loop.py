"""The loop: batches in, loss terms added, a trained network and its curve out. It knows no recipe."""

import hashlib
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from components.artifacts import Progress
from components.config import TrainParams
from components.errors import TrainingError
from components.models import RestorationModel
from components.recipes import Batch, Terms


@dataclass(frozen=True, slots=True)
class Fitted:
    """What training gives.

    Attributes:
        network: With averaged weights where `ema` is on.
        curve: One row a point: step, each loss term (mean since the last point), loss,
            learning_rate (that step's), validation_psnr_db, samples_per_second.
    """

    network: RestorationModel
    curve: pd.DataFrame


def fit(
    network: RestorationModel,
    terms: Callable[[Batch], Terms],
    batches: Callable[[int], Batch],
    params: TrainParams,
    *,
    validate: Callable[[RestorationModel], float],
    progress: Progress,
) -> Fitted:
    """Train a network in place.

    Args:
        network: Trained in place.
        terms: Batch -> weighted loss terms; their sum is descended.
        batches: Step -> batch, a pure function.
        params: Steps, optimiser, schedule.
        validate: Network in evaluation mode -> dB, called at every point of the curve.
        progress: Told every step.

    Raises:
        TrainingError: the loss or its gradient is NaN or infinite; the message names step, terms and
            batch.
    """
    # Convolutions run faster so; torch's stubs do not know the argument.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = AdamW(
        network.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay
    )
    schedule = LambdaLR(optimiser, lambda step: learning_rate_factor(step, params))
    averaged = _average(network, params.ema)
    curve: list[dict[str, float]] = []
    since: list[dict[str, float]] = []
    started = time.monotonic()
    for step in range(params.steps):
        batch = batches(step)
        values = _descend(network, terms(batch), optimiser, params.clip_norm, batch)
        if averaged is not None:
            averaged.update_parameters(network)
        since.append(values)
        if (step + 1) % params.validate_every == 0 or step + 1 == params.steps:
            shown = _weights_to_keep(network, averaged).eval()
            seconds = time.monotonic() - started
            curve.append(
                {"step": step + 1.0, **_mean(since)}
                | {"learning_rate": float(schedule.get_last_lr()[0])}
                | {"validation_psnr_db": validate(shown)}
                | {"samples_per_second": len(since) * params.batch / max(seconds, 1e-9)}
            )
            network.train()
            since, started = [], time.monotonic()
        note = f"{curve[-1]['validation_psnr_db']:.2f} dB" if curve else ""
        progress(step + 1, params.steps, note)
        schedule.step()
    return Fitted(_weights_to_keep(network, averaged), pd.DataFrame(curve))


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


def _descend(
    network: nn.Module, terms: Terms, optimiser: AdamW, clip_norm: float, batch: Batch
) -> dict[str, float]:
    loss = torch.stack(list(terms.values())).sum()
    values = {name: term.item() for name, term in terms.items()} | {"loss": loss.item()}
    _require_finite("loss", values["loss"], values, batch)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip_norm or math.inf)
    _require_finite("gradient's norm", norm.item(), values, batch)
    optimiser.step()
    return values


def _require_finite(name: str, number: float, values: dict[str, float], batch: Batch) -> None:
    if not math.isfinite(number):
        raise TrainingError(
            f"step {batch.step}: the {name} is {number} ({values}) on the batch with "
            f"sha256 {_digest((batch.lq, batch.gt))}; a lower learning_rate or a clip_norm may help"
        )


def _average(network: RestorationModel, decay: float) -> AveragedModel | None:
    if not decay:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


def _weights_to_keep(network: RestorationModel, averaged: AveragedModel | None) -> RestorationModel:
    return network if averaged is None else cast("RestorationModel", averaged.module)


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    """Average by name; a term that a phase leaves out is averaged over the steps that have it."""
    names = sorted({name for row in rows for name in row})
    return {n: sum(r[n] for r in rows if n in r) / sum(n in r for r in rows) for n in names}


def _digest(tensors: Iterable[Tensor]) -> str:
    total = hashlib.sha256()
    for tensor in tensors:
        total.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
