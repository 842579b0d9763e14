"""Flow 6: what the stations made -> runs in MLflow, and the report page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from components import benchmark, parts, report
from components.archive import family, leaderboard, lineage, reading
from components.archive.rows import Rows
from components.artifacts import BenchmarkReport, Checkpoint, Manifest
from components.benchmark import Contender, Suite
from components.config import Params, as_yaml
from components.keys import digest_of
from components.reporting import explorer
from components.reporting.facts import DataVersion, GitState, PictureRow, ReportFacts, Step
from components.reproduction import origin
from components.store import Outcome, write_atomically
from components.student import ALONE, LABEL
from components.tracking import FOLDERS, DataFacts, Facts, RunName, Tracking
from components.training.session import read_curve
from components.versioning import versions
from components.versioning.git import Code
from flows.environment import Checkout
from flows.promote_student import CHAMPION, Promotion

REPORT = "report.html"
NUM_SHOWN = 6  # pictures of the page; each is restored once more by every model
NUM_BOARDS = 3  # benchmarks of the page's table of all versions


@dataclass(frozen=True, slots=True)
class Way:
    """What the stations of one run made, in the data's order, and of what."""

    params: Params
    code: Code
    manifest: Outcome[Manifest]
    trained: tuple[Outcome[Checkpoint], ...]
    entries: tuple[Contender, ...]
    suite: Suite
    reports: tuple[Outcome[BenchmarkReport], ...]

    @property
    def outcomes(self) -> tuple[Outcome[Any], ...]:
        """Every station's outcome."""
        return (self.manifest, *self.trained, *self.reports)

    @property
    def key(self) -> str:
        """Same key: the same work at every station, judged by the same margins."""
        work = [str(outcome.record.folder) for outcome in self.outcomes]
        return digest_of([work, self.params.gate.model_dump(mode="json")])[:32]

    @property
    def data(self) -> DataFacts:
        """What MLflow calls the data set."""
        record = self.manifest.record
        return DataFacts("data", record.data_digest, self.params.pictures.source.name)


def name_of_run(way: Way) -> RunName:
    """Name the run of a whole way."""
    return RunName(way.params.recipe, f"retrain {way.key[:8]}", way.key)


def facts_of_run(way: Way, checkout: Checkout) -> Facts:
    """Say what is known of a run once its models are measured."""
    trained = [outcome.record for outcome in way.trained]
    made_of = origin.facts(
        checkout.root,
        code=way.code,
        params=way.params,
        data_digest=way.manifest.record.data_digest,
        trained=trained,
    )
    return Facts(
        params=way.params.model_dump(mode="json"),
        tags={
            **made_of.tags,
            FOLDERS: " ".join(str(outcome.record.folder) for outcome in way.outcomes),
        },
        metrics={
            f"{outcome.record.label}/{metric}": value
            for outcome in way.reports
            for metric, value in outcome.record.mean.items()
        },
        data=way.data,
        files={
            **made_of.files,
            **{
                f"images/{outcome.record.label}.parquet": checkout.workplace.store.path(
                    outcome.record, benchmark.ROWS
                )
                for outcome in way.reports
            },
        },
    )


@task(name="record-training", task_run_name="record-{outcome.record.label}", cache_policy=NO_CACHE)
def record_training(outcome: Outcome[Checkpoint], way: Way, parent: str, checkout: Checkout) -> str:
    """Write a training into MLflow as a step of the run; one that is there already stays."""
    record = outcome.record
    facts = Facts(
        params={"model": record.model, "seed": record.seed, "recipe": record.recipe},
        tags={"restill.weights": record.sha256},
        metrics={"train_seconds": record.train_seconds, "parameters": record.num_parameters},
        curve=read_curve(record, checkout.workplace),
        data=way.data,
    )
    name = RunName(record.recipe, record.label, record.key, parent=parent)
    return Tracking(checkout.mlruns).record(name, facts)


@task(name="write-report", cache_policy=NO_CACHE)
def write_report(way: Way, promotion: Promotion, checkout: Checkout) -> Path:
    """Write the page of a run into mlruns/, and once more under the name of the latest."""
    file = checkout.mlruns / "reports" / f"{way.key[:12]}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    report.write(file, _report_facts(way, promotion, checkout))
    write_atomically(checkout.mlruns / REPORT, file.read_bytes())
    return file


def _report_facts(way: Way, promotion: Promotion, checkout: Checkout) -> ReportFacts:
    workplace = checkout.workplace
    reports = [outcome.record for outcome in way.reports]
    before = promotion.champion_report
    if before is not None and before.label not in {r.label for r in reports}:
        reports.append(before)
    images = {r.label: benchmark.read_table(r, workplace) for r in reports}
    recipe = way.params.recipe
    manifest = way.manifest.record
    tracking, store = Tracking(checkout.mlruns), workplace.store
    archive = reading.read(tracking, store)
    return ReportFacts(
        name=name_of_run(way).name,
        time=datetime.now(UTC),
        recipe=recipe,
        paper=parts.load("recipes", way.params.chosen.name).PAPER,
        data=DataVersion(
            digest=manifest.data_digest,
            counts=manifest.counts,
            committed=checkout.past is not None or versions.status(checkout.root).clean,
        ),
        git=GitState(commit=way.code.commit, clean=way.code.facts.get("dirty") == "no"),
        params=as_yaml(way.params),
        reference=way.params.chosen.benchmark.references[0],
        verdict=promotion.verdict,
        release=promotion.release,
        champion_before=_in_words(promotion),
        reports=tuple(reports),
        images=images,
        curves={o.record.label: read_curve(o.record, workplace) for o in way.trained},
        pictures=_pictures(way, promotion, images),
        notes=parts.build("recipes", way.params.chosen).notes(),
        steps=tuple(_step(outcome) for outcome in way.outcomes),
        credits=parts.build("sources", way.params.pictures.source).credits(),
        privileged=frozenset(e.label for e in way.entries if getattr(e.model, "privileged", False)),
        champion=CHAMPION,
        standings=leaderboard.standings(archive, Rows(tracking, store).of, most=NUM_BOARDS),
        descent=family.nodes(lineage.descent(archive, manifest.data_digest)),
    )


def _pictures(
    way: Way, promotion: Promotion, images: Mapping[str, pd.DataFrame]
) -> tuple[PictureRow, ...]:
    """Restore the rows that say most, once more, by every model and the champion before."""
    entries = list(way.entries[::-1])  # from worst to best
    if promotion.before is not None and CHAMPION in images:
        entries.append(benchmark.contender_from(CHAMPION, promotion.before.folder))
    chosen = explorer.choose(images, ours=LABEL, theirs=(CHAMPION, ALONE), limit=NUM_SHOWN)
    cases = [case for case in way.suite.cases if (case.image, case.slice) in chosen]
    suites = [
        replace(way.suite, cases=tuple(case for case in cases if case.slice == name))
        for name in dict.fromkeys(case.slice for case in cases)
    ]
    shown = [row for suite in suites for row in benchmark.show(entries, suite)]
    return tuple(PictureRow(row.image, row.slice, row.views) for row in shown)


def _in_words(promotion: Promotion) -> str | None:
    before = promotion.before
    return None if before is None else f"{before.name} version {before.version}"


def _step(outcome: Outcome[Any]) -> Step:
    record = outcome.record
    return Step(
        station=getattr(record, "label", record.folder.parent.name),
        key=record.key,
        reused=outcome.reused,
        seconds=getattr(record, "train_seconds", None),
        stage=record.folder.parent.name,
    )
