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
from components.datasets.manifest import read_rows
from components.degradations import Degradation
from components.draws import Draws, named_seed, seeds_for
from components.errors import TrainingError
from components.metrics import psnr
from components.models import RestorationModel
from components.parts import PartParams
from components.recipes import Batch, Terms
from components.store import STATE, Workplace
from components.training import checkpoint
from components.training.loop import Hooks, fit
from components.training.pairs import Pairs, cut_patches

CURVE = "curve.parquet"
_VALIDATION_PATCHES = 32


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
    """

    label: str
    recipe: RecipeParams
    params: TrainParams
    manifest: Manifest
    seed: int
    workplace: Workplace
    method: nn.Module | None = None


def new_network(params: PartParams, *, seed: int) -> RestorationModel:
    """Build a network whose first weights depend on the seed alone, not on what ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(named_seed(seed, "weights"))
        network: RestorationModel = parts.build("models", params)
    return network


def train(
    session: Session,
    network: RestorationModel,
    terms: Callable[[Batch], Terms],
    *,
    model: PartParams,
    folder: Path,
    progress: Progress,
) -> Checkpoint:
    """Train a network and leave weights, model.json and curve in a work folder.

    Args:
        session: What, on what, and for how long.
        network: Trained in place.
        terms: Batch -> weighted loss terms.
        model: The parameters that the network was built from.
        folder: The work folder.
        progress: Told every step.

    Raises:
        TrainingError: the loss is not finite, or there is no patch to train on.
        PictureError: a picture is smaller than the patch.
        StoreError: the state cannot be saved; what was saved before stays.
    """
    started = time.monotonic()
    batches, validate = _pairs(session), _validation(session)
    modules = {} if session.method is None else {"recipe": session.method}
    hooks = Hooks(validate, progress, state=folder / STATE, modules=modules)
    fitted = fit(network, terms, batches, session.params, hooks)
    fitted.curve.to_parquet(folder / CURVE, index=False)
    about: dict[str, Any] = {
        "label": session.label,
        "recipe": session.recipe.name,
        "data_digest": session.manifest.data_digest,
        "seed": session.seed,
        "model": model.model_dump(mode="json"),
    }
    return Checkpoint(
        folder=name_of(folder),
        sha256=checkpoint.save(folder, fitted.network, about),
        num_parameters=num_parameters(network),
        train_seconds=time.monotonic() - started,
        validation_psnr_db=float(fitted.curve["validation_psnr_db"].iloc[-1]),
        **about,
    )


def read_curve(record: Checkpoint, workplace: Workplace) -> pd.DataFrame:
    """Read a training's curve: step, loss terms, learning_rate, validation_psnr_db."""
    return pd.read_parquet(workplace.store.path(record, CURVE))


def _pairs(session: Session) -> Pairs:
    p = session.params
    rows = read_rows(session.manifest, "train", session.workplace)
    patches = cut_patches(
        rows, patch=p.patch, count=p.pairs or p.pool, seed=named_seed(session.seed, "patches")
    )
    return Pairs(
        patches,
        parts.build("degradations", session.recipe.degradation),
        seed=named_seed(session.seed, "pairs"),
        batch=p.batch,
        fixed=p.pairs > 0,
    )


def _validation(session: Session) -> Callable[[RestorationModel], float]:
    """Return a function network -> mean RGB PSNR in dB on fixed patches of the validation split."""
    rows = read_rows(session.manifest, "validation", session.workplace)
    patches = cut_patches(rows, patch=session.params.patch, count=_VALIDATION_PATCHES, seed=0)
    if not len(patches):
        raise TrainingError("the validation pictures have no patch that is not flat")
    gt = patches.float() / 255
    degradation: Degradation = parts.build("degradations", session.recipe.degradation)
    lq = degradation(gt, Draws(seeds_for(0, torch.arange(len(gt))))).image

    def validate(network: RestorationModel) -> float:
        with torch.no_grad():
            restored = network(lq, gt).clamp(0, 1)
        return float(psnr.measure(restored.double(), gt.double()).mean())

    return validate
