"""How well a metric's scores follow people's opinions: SRCC, KRCC, and PLCC and RMSE after a mapping.

Ranks are compared as they are. A metric's scale is its own, so before values are compared a curve from
scores to opinions is fitted by least squares, on scores of mean 0 and deviation 1:

    linear   b1 x + b2
    4        (b1 - b2) / (1 + exp(-(x - b3) / |b4|)) + b2           monotone
    5        b1 (1/2 - 1 / (1 + exp(b2 (x - b3)))) + b4 x + b5      need not be monotone

Source: VQEG, Final report on the validation of objective models, phase I (2000) and phase II (2003);
Sheikh, Sabir, Bovik, IEEE TIP 2006, https://doi.org/10.1109/TIP.2006.881959, equation 10 for the five.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import expit

from components.errors import PairError

Form = Literal["linear", "4", "5"]
Values = npt.NDArray[np.float64]

_EVALUATIONS = 20_000  # SciPy's own limit stops many fits of opinions in two clusters
_PARAMETERS = {"linear": 2, "4": 4, "5": 5}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Scores brought to the scale of the opinions.

    Attributes:
        form: The curve that was fitted; `linear` also where another did not converge.
        mapped: A value a score, on the opinions' scale.
        note: Why the curve is not the one that was asked for; empty where it is.
    """

    form: Form
    mapped: Values
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well scores follow opinions.

    Attributes:
        srcc: Spearman's rank correlation, -1 to 1; its sign is the metric's direction.
        krcc: Kendall's tau-b, -1 to 1, same sign.
        plcc: Pearson's correlation of the raw scores, -1 to 1.
        plcc_mapped: Pearson's correlation after the mapping, 0 to 1, higher is better.
        rmse: Root of the mean squared error after the mapping, on the opinions' scale.
        form: The curve of the mapping.
        note: As in `Mapping`.
    """

    srcc: float
    krcc: float
    plcc: float
    plcc_mapped: float
    rmse: float
    form: Form
    note: str = ""


def agreement(scores: Sequence[float], opinions: Sequence[float], *, form: Form = "4") -> Agreement:
    """Compare a metric's scores with opinions.

    Args:
        scores: What the metric gave, one a picture.
        opinions: What people gave, in the same order, such as MOS or DMOS.
        form: The curve of the mapping.

    Raises:
        PairError: unequal lengths, fewer pictures than the curve can be fitted to, a number that is
            not finite, or all numbers alike.

    Example:
        >>> found = agreement([1, 2, 3, 4], [10, 20, 40, 30], form="linear")
        >>> f"{found.srcc:.4f} {found.krcc:.4f} {found.plcc:.4f} {found.rmse:.4f}"
        '0.8000 0.6667 0.8000 6.7082'
    """
    x, y = _checked(scores, opinions, form)
    mapping = _fit(x, y, form)
    return Agreement(
        srcc=float(stats.spearmanr(x, y).statistic),
        krcc=float(stats.kendalltau(x, y).statistic),
        plcc=_pearson(x, y),
        plcc_mapped=_pearson(mapping.mapped, y),
        rmse=_rmse(mapping.mapped, y),
        form=mapping.form,
        note=mapping.note,
    )


def fit(scores: Sequence[float], opinions: Sequence[float], form: Form) -> Mapping:
    """Fit a curve from scores to opinions; a straight line where it does not converge.

    Raises:
        PairError: as `agreement`.
    """
    return _fit(*_checked(scores, opinions, form), form)


def _fit(x: Values, y: Values, form: Form) -> Mapping:
    x = (x - x.mean()) / x.std()
    line = np.asarray(np.polyval(np.polyfit(x, y, 1), x), dtype=np.float64)
    if form == "linear":
        return Mapping("linear", line)
    curve, start = _CURVES[form], _start(x, y, form)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # of an uncertainty that nobody reads
            found, _ = curve_fit(curve, x, y, p0=start, maxfev=_EVALUATIONS)
    except RuntimeError as error:
        return Mapping("linear", line, f"the logistic of {form} parameters: {error}")
    mapped = curve(x, *found)
    if not (np.isfinite(mapped).all() and mapped.std() and _rmse(mapped, y) <= _rmse(line, y)):
        return Mapping(
            "linear", line, f"the logistic of {form} parameters fits worse than a straight line"
        )
    return Mapping(form, mapped)


def _logistic4(x: Values, top: float, bottom: float, centre: float, width: float) -> Values:
    # A width of 0 is a step; the smallest number keeps the division defined there.
    return bottom + (top - bottom) * _expit((x - centre) / max(abs(width), 1e-12))


def _logistic5(
    x: Values, height: float, steepness: float, centre: float, slope: float, level: float
) -> Values:
    return height * (_expit(steepness * (x - centre)) - 0.5) + slope * x + level


def _expit(x: Values) -> Values:
    """Give 1 / (1 + exp(-x)) without overflow."""
    return np.asarray(expit(x), dtype=np.float64)


_CURVES: dict[str, Callable[..., Values]] = {"4": _logistic4, "5": _logistic5}


def _start(x: Values, y: Values, form: Form) -> list[float]:
    """Give the parameters that the search starts from; scores have mean 0 and deviation 1."""
    rising = _pearson(x, y) >= 0
    first, last = (y.max(), y.min()) if rising else (y.min(), y.max())
    if form == "4":
        return [first, last, 0.0, 0.25]
    return [first - last, 1.0, 0.0, 0.0, y.mean()]


def _checked(
    scores: Sequence[float], opinions: Sequence[float], form: Form
) -> tuple[Values, Values]:
    """Turn both lists into arrays, or refuse them."""
    x, y = (np.asarray(values, dtype=np.float64) for values in (scores, opinions))
    fewest = _PARAMETERS[form] + 1
    if x.ndim != 1 or x.shape != y.shape or len(x) < fewest:
        raise PairError(
            f"scores and opinions need one length, at least {fewest} for the mapping {form!r}; "
            f"got {x.shape} and {y.shape}"
        )
    for name, values in (("scores", x), ("opinions", y)):
        if not np.isfinite(values).all():
            place = int(np.flatnonzero(~np.isfinite(values))[0])
            raise PairError(f"{name} must be finite numbers, number {place} is {values[place]}")
        if np.ptp(values) <= 1e-12 * np.abs(values).max():
            raise PairError(f"{name} must differ to be correlated, all are {values[0]:.6g}")
    return x, y


def _pearson(x: Values, y: Values) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def _rmse(x: Values, y: Values) -> float:
    return math.sqrt(np.square(x - y).mean())
