"""Charts as SVG that follow the page's light or dark mode.

Colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), in each mode four that keep a contrast
of 3:1 with the page; no chart speaks by colour alone.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from components.reporting.comparison import Comparison
from components.reporting.pictures import data_uri

BLUE, VERMILLION, GREEN, PURPLE = COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "^", "s", "D")
CURVE_FACTS = ("step", "learning_rate", "validation_psnr_db", "samples_per_second")
"""Columns of a training curve that are not loss terms."""

_INK = "#010203"
_SIZE = (4.8, 3.2)  # inches; one is 72 units of the SVG
_STYLE: Any = {  # matplotlib types its keys one by one
    "axes.edgecolor": _INK,
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.subplot.bottom": 0.16,  # the same for all: axes side by side line up
    "figure.subplot.left": 0.17,
    "figure.subplot.right": 0.98,
    "figure.subplot.top": 0.93,
    "font.size": 10,
    "grid.alpha": 0.15,
    "grid.color": _INK,
    "grid.linewidth": 0.8,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "restill",
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_LIGHT = (BLUE, VERMILLION, GREEN, PURPLE, "#333a40")
_DARK = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#c9d1d9")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart for the page.

    Attributes:
        uri: The SVG as a data URI.
        caption: What it shows.
        alt: The same for who cannot see it, with the numbers that matter.
    """

    uri: str
    caption: str
    alt: str


@mpl.rc_context(_STYLE)
def scatter(pairs: pd.DataFrame, *, ours: str, theirs: str) -> Chart:
    """Draw each row's PSNR, theirs across and ours up; above the diagonal ours is better.

    Args:
        pairs: What `comparison.pair` gives, rows with two finite PSNR; at least one.
        ours: Label of one model.
        theirs: Label of the other.
    """
    figure, axes = _empty()
    slices = list(pairs["slice"].unique())
    told_apart = 1 < len(slices) <= len(COLOURS)
    for number, (name, rows) in enumerate(pairs.groupby("slice", sort=False)):
        shape = number if told_apart else 0
        axes.scatter(
            rows["theirs"],
            rows["ours"],
            s=26,
            color=COLOURS[shape],
            marker=MARKERS[shape],
            alpha=0.8,
            linewidths=0,
            label=str(name),
        )
    ends = [pairs[["ours", "theirs"]].min(axis=None), pairs[["ours", "theirs"]].max(axis=None)]
    axes.plot(ends, ends, color=_INK, linewidth=1, alpha=0.6)
    axes.set_xlabel(f"{theirs}, PSNR dB")
    axes.set_ylabel(f"{ours}, PSNR dB")
    if told_apart:
        axes.legend(loc="upper left", handletextpad=0.1)
    above = int((pairs["ours"] > pairs["theirs"]).sum())
    return Chart(
        uri=_write(figure),
        caption=f"Each mark is one picture of one slice; above the line the {ours} is better.",
        alt=f"Scatter of PSNR, {ours} against {theirs}: {above} of {len(pairs)} above the diagonal",
    )


@mpl.rc_context(_STYLE)
def differences(pairs: pd.DataFrame, summary: Comparison, *, ours: str, theirs: str) -> Chart:
    """Draw the paired differences in rising order, with their mean and its interval.

    Args:
        pairs: What `comparison.pair` gives, rows with a finite difference; at least one.
        summary: What `comparison.compare` gives for them.
        ours: Label of one model.
        theirs: Label of the other.
    """
    drawn = np.sort(pairs["difference"].to_numpy())
    figure, axes = _empty()
    place = np.arange(1, len(drawn) + 1)
    if summary.interval_db:
        axes.axhspan(*summary.interval_db, color=BLUE, alpha=0.18, linewidth=0)
    axes.axhline(summary.mean_db, color=BLUE, linewidth=1.2, linestyle="--")
    axes.axhline(0, color=_INK, linewidth=1, alpha=0.6)
    for marker, colour, chosen in (("o", BLUE, drawn > 0), ("v", VERMILLION, drawn <= 0)):
        axes.vlines(place[chosen], 0, drawn[chosen], color=colour, linewidth=1.2)
        axes.scatter(place[chosen], drawn[chosen], s=22, color=colour, marker=marker, linewidths=0)
    axes.set_xlabel("pictures and slices, in rising order")
    axes.set_ylabel("difference, dB")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    band = ", in the band of its 95 % interval" if summary.interval_db else ""
    return Chart(
        uri=_write(figure),
        caption=f"The {ours} minus the {theirs}, one mark a row; the dashed line is the mean{band}.",
        alt=f"Sorted differences from {drawn[0]:.2f} to {drawn[-1]:.2f} dB, "
        f"mean {summary.mean_db:.3f} dB",
    )


@mpl.rc_context(_STYLE)
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


def _shared(
    runs: Mapping[str, pd.DataFrame], column: str, *, name: str, point: Literal["last", "peak"]
) -> Chart | None:
    lines = {label: _line(curve, column) for label, curve in runs.items() if column in curve}
    lines = {label: line for label, line in lines.items() if len(line)}
    if not lines:
        return None
    values = {n: line.iloc[-1] if point == "last" else line.max() for n, line in lines.items()}
    told = f"{point} " + ", ".join(f"{label} {value:.4g}" for label, value in values.items())
    return Chart(
        uri=_plot(lines, name),
        caption=f"{name[0].upper()}{name[1:]}: {told}.",
        alt=f"Line chart of {name} over training steps: {told}",
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
    return Chart(
        uri=_plot(lines, "loss", log=all((line > 0).all() for line in lines.values())),
        caption=f"Loss of the {label}, terms as they are added: {told}.",
        alt=f"Line chart of the {label}'s loss terms over training steps: {told}",
    )


def _line(curve: pd.DataFrame, column: str) -> pd.Series:
    """One column by step, finite values only: a phase may leave a term out."""
    line = curve.set_index("step")[column].astype(float)
    return line[np.isfinite(line)]


def _plot(lines: Mapping[str, pd.Series], name: str, *, log: bool = False) -> str:
    figure, axes = _empty()
    for number, (label, line) in enumerate(lines.items()):
        axes.plot(
            line.index,
            line,
            color=COLOURS[number % len(COLOURS)],
            linestyle=DASHES[number % len(DASHES)],
            linewidth=1.8,
            marker="o" if len(line) == 1 else "",
            label=label,
        )
    axes.set_xlabel("step")
    axes.set_ylabel(name)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.ticklabel_format(axis="y", scilimits=(-3, 4))
    axes.legend(loc="best")
    return _write(figure)


def _empty() -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE)
    return figure, figure.add_subplot()


def _write(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    text = stream.getvalue()
    for number, colour in enumerate((*COLOURS, _INK)):
        text = text.replace(colour, f"var(--c{number})")
    head, tail = text.split("<defs>", 1)
    return data_uri("image/svg+xml", f"{head}<style>{_css()}</style><defs>{tail}".encode())


def _css() -> str:
    """Colours by mode, and the page's own typeface."""
    light, dark = (
        "".join(f"--c{number}:{colour};" for number, colour in enumerate(colours))
        for colours in (_LIGHT, _DARK)
    )
    return (
        f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
        "text{font-family:system-ui,sans-serif!important}"
    )
