"""What a run tells its page: plain facts, before anything is computed or drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from components.artifacts import BenchmarkReport, Release, Verdict
from components.recipes import Paper
from components.reporting.graph import Node
from components.reporting.pictures import Pixels
from components.reporting.standings import Standings
from components.sources import Credit


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
    """One piece of work of the run.

    Attributes:
        station: What it made, such as `student alone`; teacher and report of the teacher share it.
        key: Its content key.
        reused: Whether it had been made before.
        seconds: None where nothing was timed.
        stage: The station's folder, such as `student` or `benchmark`; empty where it has the name
            of what it made.
    """

    station: str
    key: str
    reused: bool
    seconds: float | None
    stage: str = ""

    @property
    def kind(self) -> str:
        """The station's folder."""
        return self.stage or self.station


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
        champion: Label of the champion before this run, where it was measured.
        standings: Every version of the registry; None where nobody asked it.
        descent: What came of the data, to be drawn, each node after what it was made of; empty
            where nobody asked the registry.
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
    champion: str = "champion before"
    standings: Standings | None = None
    descent: tuple[Node, ...] = ()
