"""One training from manifest to checkpoint: what the teacher's and the student's station share."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from components import parts
from components.artifacts import Checkpoint, Manifest, Progress, name_of
from components.config import RecipeParams, TrainParams
from components.cost import num_parameters
from components.draws import named_seed
from components.errors import PairError, TrainingError
from components.metrics import psnr
from components.models import Network, RestorationModel
from components.parts import PartParams
from components.recipes import Batch, Score, Terms
from components.store import STATE, Workplace
from components.training import checkpoint, golden
from components.training.loader import Material, make_batches, validation_pairs
from components.training.loop import Hooks, fit

CURVE = "curve.parquet"


@dataclass(frozen=True, slots=True)
class Session:
    """What is trained, on what, and for how long.

    Attributes:
        label: What tables call the result.
        recipe: The recipe's whole block.
        params: The station's part of it.
        manifest: The pictures.
        seed: Of everything drawn.
        workplace: Where pictures are and results go.
        method: The recipe itself, whose state is kept with the network's; None where it has none.
        degradation: gt -> lq; None to take the degraded pictures that the set brings along.
        score: How well the network does its task; None for the PSNR of what it restores.
    """

    label: str
    recipe: RecipeParams
    params: TrainParams
    manifest: Manifest
    seed: int
    workplace: Workplace
    method: nn.Module | None = None
    degradation: PartParams | None = None
    score: Callable[[Network, Batch], Score] | None = None


def new_network(params: PartParams, *, seed: int) -> Network:
    """Build a network whose first weights depend on the seed alone, not on what ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(named_seed(seed, "weights"))
        network: Network = parts.build("models", params)
    return network


def new_restorer(params: PartParams, *, seed: int) -> RestorationModel:
    """Build a network that restores, as `new_network`.

    Raises:
        TrainingError: the network does not restore.
    """
    network = new_network(params, seed=seed)
    if not isinstance(network, RestorationModel):
        raise TrainingError(f"models.{params.name} restores nothing, so it cannot be a student")
    return network


def train(
    session: Session,
    network: Network,
    terms: Callable[[Batch], Terms],
    *,
    model: PartParams,
    folder: Path,
    progress: Progress,
) -> Checkpoint:
    """Train a network and leave weights, model.json, curve and golden pictures in a work folder.

    Args:
        session: What, on what, and for how long.
        network: Trained in place.
        terms: Batch -> weighted loss terms.
        model: The parameters that the network was built from.
        folder: The work folder.
        progress: Told every step.

    Raises:
        TrainingError: the loss is not finite, or there is no patch to train on.
        PictureError: a picture is damaged, or smaller than the patch.
        PairError: a picture lacks its degraded mate, or the mate does not fit picture or network.
        StoreError: the state cannot be saved, and what was saved before stays; or there is no room for
            decoded pictures.
    """
    started = time.monotonic()
    material, patch = _material(session), session.params.patch
    device = next(network.parameters()).device
    held_out = validation_pairs(material, patch, device=device)
    if material.degradation is None:
        _check_scale(network, held_out)
    batches = make_batches(material, session.params, device=device)
    judge = session.score or restoration_score
    modules = {} if session.method is None else {"recipe": session.method}
    hooks = Hooks(
        validate=lambda learner: float(_scored(judge, learner, held_out).values.mean()),
        score=_scored(judge, network.eval(), held_out).name,
        progress=progress,
        state=folder / STATE,
        modules=modules,
    )
    network.train()
    fitted = fit(network, terms, batches, session.params, hooks)
    fitted.curve.to_parquet(folder / CURVE, index=False)
    about: dict[str, Any] = {
        "label": session.label,
        "recipe": session.recipe.name,
        "data_digest": session.manifest.data_digest,
        "seed": session.seed,
        "model": model.model_dump(mode="json"),
    }
    digest = checkpoint.save(folder, fitted.network, about)
    if isinstance(network, RestorationModel) and not network.privileged:
        golden.record(folder, folder)
    return Checkpoint(
        folder=name_of(folder),
        sha256=digest,
        num_parameters=num_parameters(network),
        train_seconds=time.monotonic() - started,
        validation=float(fitted.curve[f"validation_{hooks.score}"].iloc[-1]),
        score=hooks.score,
        **about,
    )


def read_curve(record: Checkpoint, workplace: Workplace) -> pd.DataFrame:
    """Read a training's curve: step, loss terms, learning_rate, validation_<score>."""
    return pd.read_parquet(workplace.store.path(record, CURVE))


def restoration_score(network: Network, batch: Batch) -> Score:
    """Mean RGB PSNR of what a network restores, in dB."""
    restored = network(batch.lq, batch.gt).clamp(0, 1)
    return Score("psnr_db", psnr.measure(restored.double(), batch.gt.double()))


def _material(session: Session) -> Material:
    degradation = session.degradation
    return Material(
        session.manifest,
        session.workplace,
        parts.build("degradations", degradation) if degradation else None,
        session.seed,
    )


def _scored(judge: Callable[[Network, Batch], Score], network: Network, batch: Batch) -> Score:
    with torch.no_grad():
        return judge(network, batch)


def _check_scale(network: Network, batch: Batch) -> None:
    """Compare the network with the pairs; a mate that a set brings along may have any size."""
    scale = batch.gt.shape[-1] // batch.lq.shape[-1]
    if network.scale != scale:
        raise PairError(
            f"the network enlarges {network.scale} times, but the set's degraded pictures are "
            f"{scale} times smaller than their ground truth"
        )
