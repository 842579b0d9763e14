"""What each part of a recipe gives: its variants against a control, paired by seed.

A seed's difference is the mean over all test rows of variant minus control, both trained from the same first
weights on the same batches. The interval is Student's t over the seeds, for seeds are what is repeated; rows
of one seed share their networks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from components import parts
from components.config import RecipeParams
from components.recipes import Recipe, Variant

FEWEST_SEEDS = 2
"""Fewer seeds than this give no interval."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A variant with the parameters that train it."""

    variant: Variant
    params: RecipeParams

    @property
    def label(self) -> str:
        """What tables call it."""
        return self.variant.label


@dataclass(frozen=True, slots=True)
class Effect:
    """A variant against the control.

    Attributes:
        label: Of the variant.
        mean: Of the metric over seeds and rows.
        gain: Mean difference to the control over the seeds; 0 for the control itself.
        interval: 95 % interval of the gain over seeds; None with one seed, and for the control.
        seeds: Number of seeds.
        wins: Seeds at which the variant is better.
    """

    label: str
    mean: float
    gain: float
    interval: tuple[float, float] | None
    seeds: int
    wins: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def arms(params: RecipeParams) -> list[Arm]:
    """Lay each variant of a recipe over its parameters; the first arm is the control.

    Raises:
        PartError: a variant breaks a rule of the recipe's parameters.
    """
    recipe: Recipe = parts.build("recipes", params)
    block = params.model_dump()
    return [
        Arm(variant, _configured(_laid_over(block, variant.changes)))
        for variant in recipe.ablations()
    ]


def effects(table: pd.DataFrame, metric: str) -> list[Effect]:
    """Compare every variant with the first.

    Args:
        table: One row a seed, variant and test row: columns seed, variant, image, slice and the metric.
            Every variant has the same rows at every seed.
        metric: Its column; higher is better.

    Example:
        >>> rows = [(0, "a", 1.0), (1, "a", 2.0), (0, "b", 2.0), (1, "b", 3.5)]
        >>> table = pd.DataFrame(rows, columns=["seed", "variant", "psnr_db"])
        >>> [effect.gain for effect in effects(table, "psnr_db")]
        [0.0, 1.25]
    """
    means = table.groupby(["variant", "seed"], sort=False)[metric].mean().unstack("seed")
    control = means.iloc[0]
    return [_effect(str(label), row, row - control) for label, row in means.iterrows()]


def _effect(label: str, means: "pd.Series[float]", gains: "pd.Series[float]") -> Effect:
    mean, count = float(gains.mean()), len(gains)
    interval = None
    if count >= FEWEST_SEEDS and np.ptp(gains) > 0:
        half = float(stats.t.ppf(0.975, count - 1) * stats.sem(gains))
        interval = (mean - half, mean + half)
    return Effect(label, float(means.mean()), mean, interval, count, int((gains > 0).sum()))


def _configured(block: dict[str, Any]) -> RecipeParams:
    configured = parts.configure("recipes", block)
    if not isinstance(configured, RecipeParams):
        raise TypeError(f"{configured.name} is no recipe")
    return configured


def _laid_over(block: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Replace keys; a mapping is laid over the mapping that is there."""
    return {**block} | {
        key: _laid_over(block[key], value)
        if isinstance(value, Mapping) and isinstance(block.get(key), Mapping)
        else value
        for key, value in changes.items()
    }
