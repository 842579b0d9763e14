"""The report page of a run: one HTML file that needs nothing beside itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.artifacts import BenchmarkReport, Release, Verdict
from components.errors import StoreError
from components.recipes import Paper
from components.reporting import charts, formats, tables
from components.reporting.charts import Chart
from components.reporting.comparison import FEWEST_PICTURES, Comparison, compare, pair
from components.reporting.pictures import Pixels, strip
from components.sources import Credit
from components.store import write_atomically

TEMPLATE = "report.html.j2"


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Which pictures; `committed` says whether git knows this version of the pointer file."""

    digest: str
    counts: Mapping[str, int]
    committed: bool


@dataclass(frozen=True, slots=True)
class GitState:
    """Which code; `commit` is empty outside a repository, `clean` without changed files."""

    commit: str
    clean: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One station of the run; `seconds` is None where nothing was timed."""

    station: str
    key: str
    reused: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One test picture in one slice.

    Attributes:
        image: As in the per-image tables.
        slice: As in the per-image tables.
        views: label -> (H, W, 3) uint8 of one size, in the order shown: degraded (enlarged pixel
            by pixel), models, and the ground truth under `truth`.
    """

    image: str
    slice: str
    views: Mapping[str, Pixels]


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """All that the page says.

    Attributes:
        name: The run's name.
        time: When it ended, with a time zone.
        recipe: Name of the recipe.
        paper: Where the recipe comes from.
        data: Which pictures.
        git: Which code.
        params: The parameters as YAML text.
        verdict: The gate's answer.
        release: What the registry holds of it; None when nothing was released.
        champion_before: Such as `restill-kdsr version 3`; None when there was none.
        reports: In the order of the table; each label once, each with a mean `psnr_db`.
        images: label -> one row a picture and slice: image, slice, width, height, psnr_db, ssim.
        curves: label -> one row a point: step, loss terms, validation_psnr_db, learning_rate; an
            empty table where a reused record kept no curve.
        pictures: What to show.
        notes: What the gain depends on, a sentence each.
        steps: The stations, in the data's way.
        credits: Pictures, weights and code of others.
        privileged: Labels of models that see the ground truth.
        student: Label of the model that the gate judged.
        undistilled: Label of the same network trained without distillation.
        reference: Label of the model without training that gains are counted from.
    """

    name: str
    time: datetime
    recipe: str
    paper: Paper
    data: DataVersion
    git: GitState
    params: str
    verdict: Verdict
    release: Release | None
    champion_before: str | None
    reports: tuple[BenchmarkReport, ...]
    images: Mapping[str, pd.DataFrame]
    curves: Mapping[str, pd.DataFrame]
    pictures: tuple[PictureRow, ...]
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    credits: tuple[Credit, ...]
    privileged: frozenset[str] = frozenset({"teacher"})
    student: str = "student"
    undistilled: str = "student alone"
    reference: str = "bicubic"


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict in words; `tone` is good, bad or calm."""

    word: str
    sentence: str
    champion: str | None
    tone: str


def write(file: Path, facts: ReportFacts) -> None:
    """Write the page, whole or not at all.

    Raises:
        StoreError: the file cannot be written.
        PairError: as `render`.
    """
    page = render(facts).encode()
    try:
        write_atomically(file, page)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror}") from error


def render(facts: ReportFacts) -> str:
    """Lay out the page.

    Returns:
        A whole HTML document; all text escaped, pictures and charts inside it, no script.

    Raises:
        PairError: pictures of one row differ in size, or a per-image table names a row twice.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": formats.number,
        "signed": formats.signed,
        "significant": formats.significant,
        "count": formats.count,
        "duration": formats.duration,
    }
    candidates = tables.releasable(facts.reports, facts.privileged)
    comparisons = _comparisons(facts)
    return environment.get_template(TEMPLATE).render(
        facts=facts,
        headline=headline(facts),
        best=tables.best_of(candidates),
        slices=tables.by_slice(facts.reports, candidates),
        comparisons=comparisons,
        distilled=comparisons.get(facts.undistilled),
        fewest=FEWEST_PICTURES,
        baseline=_baseline(facts),
        paired=_paired_charts(facts),
        curves=charts.curves(facts.curves),
        uncurved=[label for label, curve in facts.curves.items() if curve.empty],
        strips=[
            {
                "image": row.image,
                "slice": row.slice,
                "strip": strip(row.views, reference=facts.reference),
                "scores": tables.scores(facts.images, row.image, row.slice),
            }
            for row in facts.pictures
        ],
    )


def headline(facts: ReportFacts) -> Headline:
    """Say what the gate decided and what is in service now."""
    verdict, release = facts.verdict, facts.release
    before = facts.champion_before
    now = f"{release.name} version {release.version}" if release else before
    if verdict.outcome == "unchanged":
        return Headline("Unchanged", "the student is already in service", now, "calm")
    if not verdict.passed:
        return Headline("Refused", "the student does not go into service", before, "bad")
    if release is None:
        return Headline("Passed, not released", "the registry holds no version of it", now, "calm")
    return Headline("Promoted", f"the student is the champion, {now}", now, "good")


def _comparisons(facts: ReportFacts) -> dict[str, Comparison]:
    """Compare the student with every other measured model, first with its undistilled twin."""
    ours = facts.images.get(facts.student)
    if ours is None:
        return {}
    others = [label for label in facts.images if label != facts.student]
    others.sort(key=lambda label: label != facts.undistilled)
    found = {label: compare(pair(ours, facts.images[label])) for label in others}
    return {label: comparison for label, comparison in found.items() if comparison.num_rows}


def _baseline(facts: ReportFacts) -> str | None:
    """What the student is drawn against."""
    return next((n for n in (facts.undistilled, facts.reference) if n in facts.images), None)


def _paired_charts(facts: ReportFacts) -> list[Chart]:
    theirs = _baseline(facts)
    if theirs is None or facts.student not in facts.images:
        return []
    pairs = pair(facts.images[facts.student], facts.images[theirs])
    finite = pairs[np.isfinite(pairs["difference"])]
    drawable = finite[np.isfinite(finite["ours"])]  # two equal infinities differ by 0
    found = []
    if len(drawable):
        found.append(charts.scatter(drawable, ours=facts.student, theirs=theirs))
    if len(finite):
        summary = compare(pairs)
        found.append(charts.differences(finite, summary, ours=facts.student, theirs=theirs))
    return found
