"""Which loader a training gets, and the fixed pairs that its curve is measured on."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from components.artifacts import Manifest
from components.config import TrainParams
from components.datasets.manifest import Row, read_rows
from components.degradations import Degradation
from components.draws import Draws, named_seed, seeds_for
from components.errors import TrainingError
from components.recipes import Batch
from components.store import Workplace
from components.training.batches import CPU, Batches, Order
from components.training.crops import Crops
from components.training.decoded import decode
from components.training.mates import Mate, find_mates
from components.training.pairs import Pairs
from components.training.patches import Patches, check_patches, check_scale, cut_patches

_VALIDATION_PATCHES = 32


@dataclass(frozen=True, slots=True)
class Material:
    """What batches are made of.

    Attributes:
        manifest: The pictures.
        workplace: Where they are, and where decoded ones go.
        degradation: gt -> lq; None to take the degraded mates that the set brings along.
        seed: Of everything drawn for training.
    """

    manifest: Manifest
    workplace: Workplace
    degradation: Degradation | None
    seed: int


def make_batches(
    material: Material,
    params: TrainParams,
    *,
    device: torch.device = CPU,
    rank: int = 0,
    ranks: int = 1,
) -> Batches:
    """Make the loader that the parameters ask for.

    Args:
        material: What batches are made of.
        params: `pool: N` or `pairs: N` cuts N patches into memory once; `pool: all` cuts fresh ones
            from all pictures at every step.
        device: Where batches are wanted.
        rank: Which part of each batch is ours, from 0.
        ranks: How many parts there are.

    Raises:
        TrainingError: there is no patch to train on, or the ranks cannot share the batch.
        PictureError: a picture is damaged, or smaller than the patch.
        PairError: a picture lacks its mate, or the mate does not fit.
        StoreError: there is no room for the decoded pictures.
    """
    order = Order(named_seed(material.seed, "pairs"), params.batch, rank, ranks)
    if params.pool == "all":
        wanted = material.degradation is None
        decoded = decode(material.manifest, "train", material.workplace, mates=wanted)
        return Crops(decoded, material.degradation, order, patch=params.patch, device=device)
    patches = _cut(
        material,
        "train",
        patch=params.patch,
        count=params.pairs or params.pool,
        seed=named_seed(material.seed, "patches"),
    )
    return Pairs(patches, material.degradation, order, fixed=params.pairs > 0, device=device)


def validation_pairs(material: Material, patch: int, *, device: torch.device = CPU) -> Batch:
    """Cut fixed patches from the validation pictures; neither depends on the seed of a run.

    Raises:
        TrainingError: the pictures are flat.
        PictureError: a picture is damaged, or smaller than the patch.
        PairError: a picture lacks its mate, or the mate does not fit.
    """
    patches = _cut(material, "validation", patch=patch, count=_VALIDATION_PATCHES, seed=0)
    if not len(patches):
        raise TrainingError("the validation pictures have no patch that is not flat")
    gt = patches.gt.to(device).float() / 255
    if patches.lq is not None:
        return Batch(lq=patches.lq.to(device).float() / 255, gt=gt)
    assert material.degradation is not None  # noqa: S101 - or there would be mates
    seeds = seeds_for(0, torch.arange(len(gt), device=device))
    given = material.degradation(gt, Draws(seeds))
    return Batch(lq=given.image, gt=gt, drawn=given.drawn, mask=given.mask)


def check_material(
    manifest: Manifest, workplace: Workplace, patches: Iterable[int], *, mates: bool
) -> None:
    """Find out before any training what would stop one later; no picture is decoded.

    Args:
        manifest: The pictures.
        workplace: Where they are.
        patches: Sides of the patches of all trainings to come, pixels.
        mates: Whether the trainings take the degraded mates of the set.

    Raises:
        PictureError: a picture for training or validation is smaller than a patch.
        PairError: one lacks its mate, or the mate does not fit.
    """
    largest = max(patches)
    rows = [
        row for split in ("train", "validation") for row in read_rows(manifest, split, workplace)
    ]
    check_patches(rows, largest)
    if mates:
        scale = find_mates(rows)[0].scale
        for patch in patches:
            check_scale(scale, patch)


def _cut(material: Material, split: str, *, patch: int, count: int, seed: int) -> Patches:
    rows: list[Row] = read_rows(material.manifest, split, material.workplace)
    mates: list[Mate] = find_mates(rows) if material.degradation is None else []
    return cut_patches(rows, patch=patch, count=count, seed=seed, mates=mates)
