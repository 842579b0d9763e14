"""How much better one model is than another on the same pictures.

Source: B. Efron, Better bootstrap confidence intervals, JASA 82 (1987),
https://doi.org/10.1080/01621459.1987.10478410, as implemented by scipy.stats.bootstrap.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from components.errors import PairError

ROW = ["image", "slice"]
"""What names one row of a benchmark."""

FEWEST_PICTURES = 3
"""Fewer pictures than this give no interval."""

_RESAMPLES = 9999
_SEED = 0  # the page of a record must not change when it is rendered again


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired differences of PSNR, ours minus theirs.

    Attributes:
        mean_db: Over the finite rows; NaN where there is none.
        interval_db: 95 % BCa bootstrap interval of the mean, pictures resampled; None where it
            cannot be had.
        num_pictures: Pictures with a finite difference: the n of the interval.
        num_rows: Rows compared, each a picture in a slice.
        wins: Rows where ours is better.
        num_left_out: Rows without a finite difference, left out of mean and interval.
    """

    mean_db: float
    interval_db: tuple[float, float] | None
    num_pictures: int
    num_rows: int
    wins: int
    num_left_out: int


def pair(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Match the rows of two models.

    Args:
        ours: Columns image, slice, psnr_db; others are left out.
        theirs: Same columns; rows that only one side has are left out.

    Returns:
        Columns image, slice, ours, theirs, difference, in dB and in our order. Two infinite values
        (both restored the picture exactly) differ by 0.

    Raises:
        PairError: one side has a picture twice in one slice.
    """
    for table in (ours, theirs):
        twice = table[table.duplicated(ROW)]
        if len(twice):
            image, slice_ = twice.iloc[0][ROW]
            raise PairError(f"picture {image!r} is there twice in slice {slice_!r}")
    both = ours[[*ROW, "psnr_db"]].merge(theirs[[*ROW, "psnr_db"]], on=ROW)
    both.columns = pd.Index([*ROW, "ours", "theirs"])
    both = both.astype({"ours": float, "theirs": float})  # an empty table knows no types
    equal = both["ours"] == both["theirs"]  # inf - inf is NaN
    both["difference"] = (both["ours"] - both["theirs"]).mask(equal, 0.0)
    return both


def compare(pairs: pd.DataFrame) -> Comparison:
    """Summarise what `pair` gives; the table may be empty."""
    finite = pairs[np.isfinite(pairs["difference"])]
    by_picture = finite.groupby("image")["difference"]
    return Comparison(
        mean_db=float(finite["difference"].mean()),
        interval_db=_interval(by_picture.sum().to_numpy(), by_picture.count().to_numpy()),
        num_pictures=len(by_picture),
        num_rows=len(pairs),
        wins=int((pairs["difference"] > 0).sum()),
        num_left_out=len(pairs) - len(finite),
    )


def _interval(sums: NDArray[Any], counts: NDArray[Any]) -> tuple[float, float] | None:
    """Resample pictures with all their rows: rows of one picture rise and fall together."""
    means = sums / counts
    if len(means) < FEWEST_PICTURES or np.ptp(means) < 1e-9:
        return None
    result = stats.bootstrap(
        (sums, counts),
        _pooled_mean,
        paired=True,
        n_resamples=_RESAMPLES,
        batch=1000,
        method="BCa",
        random_state=np.random.default_rng(_SEED),  # `rng` only from scipy 1.15 on
    )
    low, high = map(float, result.confidence_interval)
    return (low, high) if np.isfinite([low, high]).all() else None


def _pooled_mean(sums: NDArray[Any], counts: NDArray[Any], axis: int = -1) -> Any:
    return sums.sum(axis) / counts.sum(axis)
