"""The whole way: data -> teacher -> student -> benchmark -> gate -> registry -> report."""

import time
from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from components import benchmark, faults, parts
from components.config import Params, load_params
from components.recipes import Recipe
from components.student import LABEL
from components.tracking import SEEN, Facts, Tracking
from components.upkeep import inventory
from components.versioning import git
from flows.benchmark_models import benchmark_models
from flows.distill_student import distill_student
from flows.environment import Checkout
from flows.prepare_dataset import prepare_dataset
from flows.promote_student import Measured, Promotion, promote_student
from flows.record_run import (
    REPORT,
    Way,
    facts_of_run,
    name_of_run,
    record_training,
    write_report,
)
from flows.train_teacher import train_teacher


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a run came to."""

    way: Way
    promotion: Promotion
    report: Path

    @property
    def summary(self) -> str:
        """The run in a few lines: which steps were reused, the numbers, the verdict, the page."""
        verdict, release = self.promotion.verdict, self.promotion.release
        lines = [f"{verdict.outcome}: " + "; ".join(verdict.reasons)]
        if release:
            lines.append(f"champion: {release.name} version {release.version}")
        return self._said([outcome.reused for outcome in self.way.outcomes], lines)

    @property
    def said_again(self) -> str:
        """What the same run would say if nothing has changed: all is reused, nobody is promoted."""
        verdict = self.promotion.verdict
        last = f"{verdict.outcome}: " + "; ".join(verdict.reasons)
        if verdict.passed:
            last = "unchanged: these weights are the champion already"
        return self._said([True] * len(self.way.outcomes), [last])

    def _said(self, reused: list[bool], verdict: list[str]) -> str:
        lines = [
            f"{outcome.record.folder}: {'reused' if again else 'made'}"
            for outcome, again in zip(self.way.outcomes, reused, strict=True)
        ]
        protocol = self.way.suite.instrument.id
        for outcome in self.way.reports:
            means = ", ".join(f"{k} {v:.4f}" for k, v in outcome.record.mean.items())
            lines.append(f"{outcome.record.label}: {means} ({protocol})")
        return "\n".join((*lines, *verdict, f"report: {self.report}"))


@flow(name="retrain")
def retrain(params: Path, checkout: Checkout, recipe: str = "") -> Retrained:
    """Go the whole way; every step that is done already is reused.

    Args:
        params: Parameter file.
        checkout: Where the pictures are and results go.
        recipe: Stands in for the parameter file's own choice; empty to keep that.
    """
    settings, tracking = load_params(params, recipe=recipe), Tracking(checkout.mlruns)
    with inventory.at_work(checkout.workplace.store, reports_to=tracking.place):
        return _go(settings, checkout, tracking)


def _go(settings: Params, checkout: Checkout, tracking: Tracking) -> Retrained:
    """Stations 1 to 6."""
    way = _stations(settings, checkout)
    student = next(o.record for o in way.trained if o.record.label == LABEL)
    by_label = {outcome.record.label: outcome.record for outcome in way.reports}
    references = tuple(by_label[name] for name in settings.chosen.benchmark.references)
    measured = Measured(student, by_label[LABEL], references)
    with tracking.run(name_of_run(way), facts_of_run(way, checkout)) as run_id:
        faults.point("run.opened")
        for outcome in way.trained:
            record_training(outcome, way, run_id, checkout)
        promotion = promote_student(measured, way.suite, settings, checkout, run_id)
        faults.point("run.promoted")
        page = write_report(way, promotion, checkout)
        if not promotion.repeats(run_id):
            tags = {
                "restill.verdict": promotion.verdict.outcome,
                SEEN: str(time.time_ns() // 10**6),
            }
            tracking.add(run_id, Facts(files={REPORT: page}, tags=tags))
    return Retrained(way, promotion, checkout.mlruns / REPORT)


def _stations(settings: Params, checkout: Checkout) -> Way:
    """Stations 1 to 4."""
    code = git.code(checkout.root)  # now, for this process keeps the code that it started with
    manifest = prepare_dataset(settings, checkout)
    suite = benchmark.held_out(manifest.record, settings.chosen, checkout.workplace)
    references = benchmark.references(settings.chosen)
    # Before any training: a test picture that cannot be measured is found out now.
    rated = benchmark_models(references, suite, checkout)
    teacher = train_teacher(manifest.record, settings, checkout)
    students = distill_student(manifest.record, teacher.record, settings, checkout)
    trained = (teacher, *students)
    recipe: Recipe = parts.build("recipes", settings.chosen)
    restoring = trained if recipe.teacher_restores else tuple(students)
    models = [benchmark.contender(outcome.record, checkout.workplace) for outcome in restoring]
    reports = (*benchmark_models(models, suite, checkout), *rated)
    return Way(settings, code, manifest, trained, (*models, *references), suite, reports)
