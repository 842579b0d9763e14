"""Charts of a run; no chart speaks by colour alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from components.reporting import formats
from components.reporting.comparison import Comparison
from components.reporting.pictures import data_uri
from components.reporting.plot import SERIES, Axis, Plot

CURVE_FACTS = (
    "step",
    "learning_rate",
    "validation_psnr_db",
    "validation_iou",
    "samples_per_second",
)
"""Columns of a training curve that are not loss terms."""

MOST_POINTS = 400
"""Of a line: more than a screen shows."""


_SPACE = "\N{NO-BREAK SPACE}"

DECADE = 10
"""A loss that spans more is drawn on a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for the page.

    Attributes:
        svg: An SVG element that takes its colours from `charts.css`.
        caption: What it shows.
        alt: The same for who cannot see it, with the numbers that matter; the SVG has it too.
    """

    svg: str
    caption: str
    alt: str

    @property
    def uri(self) -> str:
        """The chart as a file of its own that brings its colours; a data URI."""
        css = Path(__file__).with_name("charts.css").read_text()
        head, _, tail = self.svg.partition(">")
        style = f"<style>:root{{color-scheme:light dark}}{css}</style>"
        return data_uri("image/svg+xml", f"{head}>{style}{tail}".encode())


def scatter(pairs: pd.DataFrame, summary: Comparison, *, ours: str, theirs: str) -> Chart:
    """Draw each row's PSNR, theirs across and ours up; above the diagonal ours is better.

    Args:
        pairs: What `comparison.pair` gives, rows with two finite PSNR; at least one.
        summary: What `comparison.compare` gives for them.
        ours: Label of one model.
        theirs: Label of the other.
    """
    slices = list(pairs["slice"].unique())
    told_apart = 1 < len(slices) <= SERIES
    values = pairs[["ours", "theirs"]].to_numpy().ravel()
    across = Axis.around(f"{theirs}, PSNR dB", values)
    up = Axis.around(f"{ours}, PSNR dB", values)
    plot = Plot(across, up, legend=[str(name) for name in slices] if told_apart else ())
    plot.line((across.low, across.high), (up.low, up.high), kind="rule")
    if np.isfinite(summary.mean_db):
        middle = (across.low, across.high), (up.low + summary.mean_db, up.high + summary.mean_db)
        plot.line(*_clipped(*middle, up), kind="mean s0")
    for row in pairs.itertuples():
        series = slices.index(row.slice) if told_apart else 0
        plot.mark(row.theirs, row.ours, series=series, title=_told(row))
    above = int((pairs["ours"] > pairs["theirs"]).sum())
    alt = f"Scatter of PSNR, {ours} against {theirs}: {above} of {len(pairs)} above the diagonal"
    return Chart(
        svg=plot.svg(alt),
        caption=f"Each mark is one picture of one slice; above the line the {ours} is better. "
        f"The dashed line is the mean difference, {formats.signed(summary.mean_db, 3)} dB"
        f"{_interval(summary)}.",
        alt=alt,
    )


def differences(pairs: pd.DataFrame, summary: Comparison, *, ours: str, theirs: str) -> Chart:
    """Draw the paired differences in rising order, with their mean and its interval.

    Args:
        pairs: What `comparison.pair` gives, rows with a finite difference; at least one.
        summary: What `comparison.compare` gives for them.
        ours: Label of one model.
        theirs: Label of the other.
    """
    pairs = pairs.sort_values("difference", kind="stable")
    drawn = pairs["difference"].to_numpy()
    edges = summary.interval_db or (summary.mean_db,)
    across = Axis("pictures and slices, in rising order", 0, len(drawn) + 1)
    plot = Plot(across, Axis.around("difference, dB", (*drawn, *edges, 0.0)))
    if summary.interval_db:
        plot.band(*summary.interval_db, kind="interval s0")
    plot.line((across.low, across.high), (summary.mean_db, summary.mean_db), kind="mean s0")
    plot.line((across.low, across.high), (0, 0), kind="rule")
    for place, row in enumerate(pairs.itertuples(), start=1):
        series = 0 if row.difference > 0 else 1
        plot.line((place, place), (0, row.difference), kind=f"stem s{series}")
        plot.mark(place, row.difference, series=series, title=_told(row))
    band = f", in the band of its 95{_SPACE}% interval" if summary.interval_db else ""
    alt = (
        f"Sorted differences from {drawn[0]:.2f} to {drawn[-1]:.2f} dB, "
        f"mean {summary.mean_db:.3f} dB"
    )
    return Chart(
        svg=plot.svg(alt),
        caption=f"The {ours} minus the {theirs}, one mark a row; the dashed line is the mean{band}.",
        alt=alt,
    )


def curves(runs: Mapping[str, pd.DataFrame]) -> list[Chart]:
    """Draw how networks were trained.

    Args:
        runs: label -> columns step, loss terms, and where known validation_psnr_db and
            learning_rate; empty tables are not drawn.

    Returns:
        Validation PSNR, then learning rate, each for all networks; then the loss terms of each.
    """
    runs = {label: curve for label, curve in runs.items() if len(curve)}
    shared = [
        _shared(runs, "validation_psnr_db", name="validation PSNR, dB", point="last"),
        _shared(runs, "learning_rate", name="learning rate", point="peak"),
    ]
    losses = [_losses(label, curve) for label, curve in runs.items()]
    return [chart for chart in (*shared, *losses) if chart is not None]


def _clipped(
    xs: tuple[float, float], ys: tuple[float, float], up: Axis
) -> tuple[list[float], list[float]]:
    """Keep the part of a rising line of slope 1 that lies within the vertical axis."""
    shifts = max(0.0, up.low - ys[0]), max(0.0, ys[1] - up.high)
    return [xs[0] + shifts[0], xs[1] - shifts[1]], [ys[0] + shifts[0], ys[1] - shifts[1]]


def _told(row: object) -> str:
    """One row of `comparison.pair` in words."""
    image, slice_, ours, theirs, difference = (
        getattr(row, name) for name in ("image", "slice", "ours", "theirs", "difference")
    )
    return (
        f"{image}, {slice_}: {formats.number(ours)} against {formats.number(theirs)} dB, "
        f"{formats.signed(difference)}"
    )


def _interval(summary: Comparison) -> str:
    if summary.interval_db is None:
        return ""
    low, high = (formats.signed(end, 3) for end in summary.interval_db)
    return f", 95{_SPACE}% interval {low} to {high}"


def _shared(
    runs: Mapping[str, pd.DataFrame], column: str, *, name: str, point: Literal["last", "peak"]
) -> Chart | None:
    lines = {label: _line(curve, column) for label, curve in runs.items() if column in curve}
    lines = {label: line for label, line in lines.items() if len(line)}
    if not lines:
        return None
    values = {n: line.iloc[-1] if point == "last" else line.max() for n, line in lines.items()}
    told = f"{point} " + ", ".join(f"{label} {value:.4g}" for label, value in values.items())
    alt = f"Line chart of {name} over training steps: {told}"
    return Chart(
        svg=_plot(lines, name, alt=alt),
        caption=f"{name[0].upper()}{name[1:]}: {told}.",
        alt=alt,
    )


def _losses(label: str, curve: pd.DataFrame) -> Chart | None:
    terms = [name for name in curve.columns if name not in CURVE_FACTS]
    if len(terms) == 2 and "loss" in terms:  # one term is the whole sum
        terms.remove("loss")
    lines = {name: _line(curve, name) for name in terms}
    lines = {name: line for name, line in lines.items() if len(line)}
    if not lines:
        return None
    told = "last " + ", ".join(f"{name} {line.iloc[-1]:.3g}" for name, line in lines.items())
    alt = f"Line chart of the {label}'s loss terms over training steps: {told}"
    lowest = min(line.min() for line in lines.values())
    log = lowest > 0 and max(line.max() for line in lines.values()) > DECADE * lowest
    return Chart(
        svg=_plot(lines, "loss", alt=alt, log=log),
        caption=f"Loss of the {label}, terms as they are added: {told}.",
        alt=alt,
    )


def _line(curve: pd.DataFrame, column: str) -> pd.Series:
    """One column by step, finite values only: a phase may leave a term out."""
    line = curve.set_index("step")[column].astype(float)
    return line[np.isfinite(line)]


def _plot(lines: Mapping[str, pd.Series], name: str, *, alt: str, log: bool = False) -> str:
    steps = [step for line in lines.values() for step in line.index]
    values = [value for line in lines.values() for value in line]
    across, up = Axis.around("step", steps), Axis.around(name, values, log=log)
    plot = Plot(across, up, legend=tuple(lines))
    for number, (label, line) in enumerate(lines.items()):
        chosen = np.linspace(0, len(line) - 1, min(len(line), MOST_POINTS)).astype(int)
        thin = line.iloc[chosen]
        plot.line(thin.index, thin, kind=f"curve s{number % SERIES}")
        title = f"{label}: {line.iloc[-1]:.4g} at step {line.index[-1]:g}"
        plot.mark(line.index[-1], line.iloc[-1], series=number % SERIES, title=title)
    return plot.svg(alt)
