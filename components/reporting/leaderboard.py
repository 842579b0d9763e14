"""Section 2 of the page: every model in one table, and the student against each of the others."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.artifacts import BenchmarkReport
from components.judging.intervals import FEWEST_PICTURES
from components.reporting import formats
from components.reporting.comparison import Comparison
from components.reporting.findings import Findings


@dataclass(frozen=True, slots=True)
class Row:
    """One model.

    Attributes:
        report: Its report.
        gain_db: Of mean PSNR over the reference's; None for the reference itself, and without one.
    """

    report: BenchmarkReport
    gain_db: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval as places on a shared line, each in percent from its left end."""

    low: float
    mean: float
    high: float
    zero: float

    @property
    def style(self) -> str:
        """The places as CSS variables."""
        places = {"low": self.low, "mean": self.mean, "high": self.high, "zero": self.zero}
        return ";".join(f"--{name}:{place:.1f}%" for name, place in places.items())


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """What the section shows.

    Attributes:
        rows: In the reports' order.
        metrics: column -> heading, of every metric that a report has.
        bars: label -> interval of the student's gain over it, where there is one.
        fewest: Fewer pictures than this give no interval.
    """

    rows: tuple[Row, ...]
    metrics: Mapping[str, str]
    bars: Mapping[str, Bar]
    fewest: int = FEWEST_PICTURES


def view(findings: Findings) -> LeaderboardView:
    """Gather the section."""
    facts = findings.facts
    reference = findings.report_of(facts.reference)
    columns = dict.fromkeys(name for report in facts.reports for name in report.mean)
    return LeaderboardView(
        rows=tuple(Row(report, _gain(report, reference)) for report in facts.reports),
        metrics={column: formats.metric(column) for column in columns},
        bars=bars(findings.comparisons),
    )


def bars(comparisons: Mapping[str, Comparison]) -> dict[str, Bar]:
    """Lay intervals on one line that holds them all, and zero."""
    known = {
        label: (*c.interval_db, c.mean_db) for label, c in comparisons.items() if c.interval_db
    }
    values = [0.0, *(value for triple in known.values() for value in triple)]
    start, length = min(values), max(values) - min(values)

    def place(value: float) -> float:
        return 100 * (value - start) / length

    return {
        label: Bar(low=place(low), mean=place(mean), high=place(high), zero=place(0.0))
        for label, (low, high, mean) in known.items()
    }


def _gain(report: BenchmarkReport, reference: BenchmarkReport | None) -> float | None:
    if reference is None or report is reference:
        return None
    return report.mean["psnr_db"] - reference.mean["psnr_db"]
