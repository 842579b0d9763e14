"""Section 6 of the page: how the networks were trained."""

from dataclasses import dataclass

from components.reporting import charts
from components.reporting.charts import Chart
from components.reporting.findings import Findings


@dataclass(frozen=True, slots=True)
class TrainingView:
    """What the section shows; `without` are labels whose record kept no curve."""

    charts: tuple[Chart, ...]
    without: tuple[str, ...]


def view(findings: Findings) -> TrainingView:
    """Gather the section."""
    curves = findings.facts.curves
    return TrainingView(
        charts=tuple(charts.curves(curves)),
        without=tuple(label for label, curve in curves.items() if curve.empty),
    )
