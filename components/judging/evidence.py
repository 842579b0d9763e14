"""What the gate looks at: reports with their rows, and whether they can be compared at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from components.artifacts import BenchmarkReport

PRIMARY = "psnr_db"

ROW = ["image", "slice"]
"""What names one row of a benchmark."""

CEILING_DB = 60.0
"""PSNR counts up to here, so that an exact restoration, of infinite PSNR, weighs what a near one does.

Rounding to 8 bits alone leaves 10 log10(12 * 255^2) = 58.9 dB: beyond it nothing is restored.
"""


@dataclass(frozen=True)
class Measured:
    """A model's report with its rows.

    Attributes:
        report: The benchmark's record.
        rows: image, slice, and a column a metric, one row a picture and slice.
        lower_is_better: Metrics of which less is better.
    """

    report: BenchmarkReport
    rows: pd.DataFrame
    lower_is_better: frozenset[str] = frozenset()

    @cached_property
    def values(self) -> pd.DataFrame:
        """A column a metric, indexed by image and slice; PSNR up to `CEILING_DB`."""
        values = self.rows[list(self.report.mean)].astype(float).set_index(self.names)
        return values.assign(**{PRIMARY: values[PRIMARY].clip(upper=CEILING_DB)})

    @cached_property
    def names(self) -> pd.MultiIndex:
        """The rows by image and slice."""
        return pd.MultiIndex.from_frame(self.rows[ROW])

    def over(self, other: "Measured", metric: str = PRIMARY) -> pd.Series:
        """Give the paired differences, this one's less the other's; above 0 this one is better."""
        differences = self.values[metric] - other.values[metric]
        return -differences if metric in self.lower_is_better else differences


def faults(candidate: Measured, others: Sequence[Measured]) -> list[str]:
    """Say why models cannot be compared, a sentence each; empty when they can."""
    found = list(_own(candidate))
    for other in others:
        found += [*_own(other), *_apart(other, candidate)]
    return found


def _own(measured: Measured) -> Iterator[str]:
    """Say what a report and its rows lack."""
    report, rows, name = measured.report, measured.rows, measured.report.label
    if report.expected_images not in {None, report.num_images}:
        yield f"{name} has {report.num_images} of the suite's {report.expected_images} rows"
    if not len(rows) or len(rows) != report.num_images:
        yield f"{name} has a table of {len(rows)} rows, its report is of {report.num_images}"
    if PRIMARY not in report.mean:
        yield f"{name} was not measured in {PRIMARY}"
    absent = [column for column in (*ROW, *report.mean) if column not in rows]
    if absent:
        yield f"{name} has a table without {', '.join(absent)}"
        return
    twice = rows[rows.duplicated(ROW)]
    if len(twice):
        yield f"{name} has {_named(twice)} twice"
    for metric in report.mean:
        yield from _numbers(measured, metric)


def _numbers(measured: Measured, metric: str) -> Iterator[str]:
    """Say which values of a metric are none, and whether the report's mean is another."""
    report, column = measured.report, measured.rows[metric]
    values = pd.to_numeric(column, errors="coerce")
    exact = (values == np.inf) & (metric == PRIMARY)
    wrong = ~(np.isfinite(values) | exact)
    if wrong.any():
        found, where = column[wrong].iloc[0], _named(measured.rows[wrong])
        yield f"{report.label} has a {metric} of {found} for {where}"
    elif not np.isclose(values.mean(), report.mean[metric], rtol=1e-9, atol=1e-9):
        said, held = report.mean[metric], values.mean()
        yield f"{report.label} has a mean {metric} of {said}, its rows of {held}"


def _apart(other: Measured, candidate: Measured) -> Iterator[str]:
    """Say where two models were measured in different ways, or on different pictures."""
    theirs, ours = other.report, candidate.report
    if theirs.benchmark_digest != ours.benchmark_digest:
        yield (
            f"{theirs.label} was measured on benchmark {theirs.benchmark_digest[:12]}, "
            f"{ours.label} on {ours.benchmark_digest[:12]}"
        )
        return
    if set(theirs.mean) != set(ours.mean):
        measured = [", ".join(sorted(report.mean)) or "nothing" for report in (theirs, ours)]
        yield f"{theirs.label} was measured in {measured[0]}, {ours.label} in {measured[1]}"
    if not all(set(ROW) <= set(measured.rows) for measured in (other, candidate)):
        return
    for one, two in ((other, candidate), (candidate, other)):
        lacking = () if one.names.equals(two.names) else two.rows[~two.names.isin(one.names)]
        if len(lacking):
            yield f"{one.report.label} lacks {_named(lacking)}, which {two.report.label} has"


def _named(rows: pd.DataFrame) -> str:
    """Name the first of several rows, and count the others."""
    image, slice_ = rows.iloc[0][ROW]
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    return f"picture {image!r} in slice {slice_!r}{more}"
