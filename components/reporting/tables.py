"""Rows of the page's tables, from the benchmark's reports."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from components.artifacts import BenchmarkReport

PSNR = "psnr_db"
SSIM = "ssim"


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: the reports' PSNR in dB, in their order, and the best of what may be released."""

    name: str
    psnr_db: tuple[float | None, ...]
    best: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """What a model reached on one picture; SSIM where the protocol has it."""

    psnr_db: float
    ssim: float | None


def releasable(
    reports: Iterable[BenchmarkReport], privileged: Collection[str]
) -> list[BenchmarkReport]:
    """Keep the models that may be released: with weights, and blind to the ground truth."""
    return [r for r in reports if r.weights_sha256 and r.label not in privileged]


def best_of(reports: Iterable[BenchmarkReport]) -> BenchmarkReport | None:
    """Return the report with the highest mean PSNR, the first of equals; None of none."""
    return max(reports, key=lambda report: report.mean[PSNR], default=None)


def by_slice(
    reports: Sequence[BenchmarkReport], candidates: Iterable[BenchmarkReport]
) -> list[Slice]:
    """Lay PSNR out by slice.

    Args:
        reports: The columns; None stands where a report lacks a slice.
        candidates: Whose best is marked.
    """
    labels = {report.label for report in candidates}
    found = []
    for name in dict.fromkeys(name for report in reports for name in report.slices):
        row = {r.label: r.slices.get(name, {}).get(PSNR) for r in reports}
        marked = [v for label, v in row.items() if label in labels and v is not None]
        found.append(Slice(name, tuple(row.values()), max(marked, default=None)))
    return found


def scores(images: Mapping[str, pd.DataFrame], image: str, slice_: str) -> dict[str, Score]:
    """Look up one picture in the per-image tables: label -> score, where it was measured."""
    found = {}
    for label, table in images.items():
        here = table[(table["image"] == image) & (table["slice"] == slice_)]
        if len(here):
            row = here.iloc[0]
            ssim = row.get(SSIM)
            found[label] = Score(float(row[PSNR]), None if ssim is None else float(ssim))
    return found
