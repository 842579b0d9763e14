"""How much better one model is than another on the same pictures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.errors import PairError
from components.judging import intervals
from components.judging.evidence import ROW
from components.judging.intervals import Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired differences of PSNR, ours minus theirs.

    Attributes:
        mean_db: Over the finite rows; NaN where there is none.
        interval_db: 95 % interval of the mean, the gate's; None where it cannot be had, or has no
            width.
        num_pictures: Pictures with a finite difference: the n of the interval.
        num_rows: Rows compared, each a picture in a slice.
        wins: Rows where ours is better.
        num_left_out: Rows without a finite difference, left out of mean and interval.
    """

    mean_db: float
    interval_db: Interval | None
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
    differences = finite.set_index("image")["difference"]
    return Comparison(
        mean_db=float(finite["difference"].mean()),
        interval_db=_interval(differences),
        num_pictures=differences.index.nunique(),
        num_rows=len(pairs),
        wins=int((pairs["difference"] > 0).sum()),
        num_left_out=len(pairs) - len(finite),
    )


def _interval(differences: pd.Series) -> Interval | None:
    found = intervals.of_mean(differences)
    return found if found and found[0] < found[1] else None
