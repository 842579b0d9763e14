"""Section 3 of the page: models x degradations, as a heat map of what each gains."""

import math
from dataclasses import dataclass

from components.reporting import tables
from components.reporting.findings import Findings


@dataclass(frozen=True, slots=True)
class Cell:
    """One model in one slice.

    Attributes:
        psnr_db: Mean over the slice's pictures; None where it was not measured.
        gain_db: Over the reference in this slice; None for the reference, and without one.
        share: Of the largest gain or loss in the map, -1 to 1; 0 where there is none.
        is_best: Whether no model that may be released has more.
    """

    psnr_db: float | None
    gain_db: float | None
    share: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One slice; cells in the reports' order."""

    name: str
    cells: tuple[Cell, ...]


def view(findings: Findings) -> tuple[HeatRow, ...]:
    """Gather the section."""
    labels = [report.label for report in findings.facts.reports]
    rows = tables.by_slice(findings.facts.reports, findings.candidates)
    reference = findings.facts.reference
    gains = [_gains(row, labels, reference) for row in rows]
    finite = [abs(g) for row in gains for g in row if g is not None and math.isfinite(g)]
    largest = max(finite, default=0.0) or 1.0
    return tuple(
        HeatRow(
            row.name,
            tuple(
                Cell(psnr, gain, _share(gain, largest), psnr is not None and psnr == row.best)
                for psnr, gain in zip(row.psnr_db, gained, strict=True)
            ),
        )
        for row, gained in zip(rows, gains, strict=True)
    )


def _gains(row: tables.Slice, labels: list[str], reference: str) -> list[float | None]:
    measured = dict(zip(labels, row.psnr_db, strict=True))
    base = measured.get(reference)
    return [
        None if psnr is None or base is None or label == reference else psnr - base
        for label, psnr in measured.items()
    ]


def _share(gain: float | None, largest: float) -> float:
    if gain is None or math.isnan(gain):
        return 0.0
    return max(-1.0, min(1.0, gain / largest))
