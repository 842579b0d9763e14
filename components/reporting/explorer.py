"""Section 5 of the page: pictures, each as every model gave it, to be compared pixel by pixel."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from components.reporting import tables
from components.reporting.facts import PictureRow
from components.reporting.findings import Findings
from components.reporting.pictures import TRUTH, Strip, strip
from components.reporting.tables import Score

PIXELS = 2_000_000
"""Of all views together: about 1 byte each in the page, whatever the number of pictures."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One picture in one slice.

    Attributes:
        image: As in the per-image tables.
        slice: As in the per-image tables.
        strip: Its views.
        scores: label -> what the model reached on the whole picture.
        psnr_db: The student's; None where it was not measured.
        change_db: The student's minus the baseline's; None where one of both was not measured.
    """

    image: str
    slice: str
    strip: Strip
    scores: Mapping[str, Score]
    psnr_db: float | None
    change_db: float | None


def view(findings: Findings) -> tuple[Exhibit, ...]:
    """Gather the section, the pictures that changed most first.

    Raises:
        PairError: pictures of one row differ in size.
    """
    rows = findings.facts.pictures
    pixels = PIXELS // max(1, sum(len(row.views) for row in rows))
    exhibits = [_exhibit(row, findings, pixels) for row in rows]
    return tuple(sorted(exhibits, key=_change, reverse=True))


def choose(
    images: Mapping[str, pd.DataFrame], *, ours: str, theirs: Sequence[str], limit: int
) -> list[tuple[str, str]]:
    """Choose what to show: by turns the worst, the best and the most changed rows of a model.

    Args:
        images: label -> per-image table.
        ours: Label of the model.
        theirs: Labels of models; a change is counted from the first that was measured. Where none
            was, rows are chosen without changes.
        limit: At most so many rows. A picture is shown twice only when all have been shown once.

    Returns:
        (image, slice) of each.
    """
    table = images[ours].set_index(["image", "slice"])["psnr_db"]
    orders = [list(table.sort_values().index), list(table.sort_values(ascending=False).index)]
    for label in [label for label in theirs if label in images][:1]:
        other = images[label].set_index(["image", "slice"])["psnr_db"]
        change = (table - other).abs().reindex(table.index)
        orders.append(list(change.sort_values(ascending=False).index))
    chosen: list[tuple[str, str]] = []
    while len(chosen) < min(limit, len(table)):
        chosen.append(_next(orders[len(chosen) % len(orders)], chosen))
    return chosen


def _next(order: list[tuple[str, str]], chosen: list[tuple[str, str]]) -> tuple[str, str]:
    """Take the first row that is not chosen yet, of the picture least often chosen."""
    shown = [image for image, _ in chosen]
    return min((row for row in order if row not in chosen), key=lambda row: shown.count(row[0]))


def _exhibit(row: PictureRow, findings: Findings, pixels: int) -> Exhibit:
    facts = findings.facts
    scores = tables.scores(facts.images, row.image, row.slice)
    ours, theirs = scores.get(facts.student), scores.get(findings.baseline or TRUTH)
    return Exhibit(
        image=row.image,
        slice=row.slice,
        strip=strip(row.views, reference=facts.reference, pixels=pixels),
        scores=scores,
        psnr_db=ours.psnr_db if ours else None,
        change_db=ours.psnr_db - theirs.psnr_db if ours and theirs else None,
    )


def _change(exhibit: Exhibit) -> float:
    """How much it changed; equal infinities and what is unknown come last."""
    change = exhibit.change_db
    return -1.0 if change is None or math.isnan(change) else abs(change)
