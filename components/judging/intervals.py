"""How sure a mean over pictures is: a BCa bootstrap interval that also holds with few pictures.

Pictures are resampled with all their rows: rows of one picture under many damages rise and fall together.
A bootstrap of n pictures is too narrow, at 4 by more than a third. So a level is first turned into
that at which the normal interval is as wide as Student's, as Hesterberg's expanded percentile interval
does; here it is applied to BCa. With 4 pictures the 95 % interval then ends at the worst and the best
picture.

Source: B. Efron, Better bootstrap confidence intervals, JASA 82 (1987),
https://doi.org/10.1080/01621459.1987.10478410, as implemented by scipy.stats.bootstrap; T. Hesterberg,
What teachers should know about the bootstrap, 2014, https://arxiv.org/abs/1411.5279.
"""

import math
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Interval: TypeAlias = tuple[float, float]

FEWEST_PICTURES = 3
"""Fewer pictures than this give no interval."""

_RESAMPLES = 9999
_SEED = 0  # the same pairs must give the same verdict, today and when a page is rendered again
_LEAST_TAIL = 1e-9  # less lies beyond every resample, and scipy's formula needs more than none


def of_mean(differences: pd.Series, confidence: float = 0.95) -> Interval | None:
    """Compute the two-sided interval of the mean over all rows.

    Args:
        differences: Finite, one a row, with an index level `image`.
        confidence: Between 0 and 1.

    Returns:
        Its ends, with the mean between them, equal where all pictures are; None where it cannot be
        had.

    Example:
        >>> differences = pd.Series([0.1, 0.4, 0.2, 0.3], pd.Index(list("abcd"), name="image"))
        >>> tuple(round(end, 3) for end in of_mean(differences))
        (0.1, 0.4)
    """
    by_picture = differences.groupby(level="image")
    sums, counts = by_picture.sum().to_numpy(float), by_picture.count().to_numpy(float)
    if len(sums) < FEWEST_PICTURES:
        return None
    mean = float(sums.sum() / counts.sum())
    if np.ptp(sums / counts) < 1e-9:
        return mean, mean
    result = stats.bootstrap(
        (sums, counts),
        _pooled_mean,
        paired=True,
        n_resamples=_RESAMPLES,
        batch=1000,
        method="BCa",
        confidence_level=_widened(confidence, len(sums)),
        random_state=np.random.default_rng(_SEED),  # `rng` only from scipy 1.15 on
    )
    low, high = map(float, result.confidence_interval)
    return (low, high) if low <= mean <= high else None


def _pooled_mean(sums: NDArray[Any], counts: NDArray[Any], axis: int = -1) -> Any:
    return sums.sum(axis) / counts.sum(axis)


def _widened(confidence: float, num_pictures: int) -> float:
    """Turn a level into that at which the normal interval is as wide as Student's."""
    student = stats.t.isf((1 - confidence) / 2, num_pictures - 1)
    tail = stats.norm.sf(student * math.sqrt(num_pictures / (num_pictures - 1)))
    return 1 - 2 * max(float(tail), _LEAST_TAIL)
