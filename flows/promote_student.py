"""Flow 5: the student's report -> verdict -> champion. A student that passes becomes the champion."""

from dataclasses import dataclass, replace

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from components import benchmark, cost, gate
from components.artifacts import BenchmarkReport, Checkpoint, Release, Verdict
from components.benchmark import Suite, contender, contender_from
from components.config import GateParams, Params
from components.errors import RegistryError
from components.promotion.promote import promote
from components.promotion.reconcile import settled_champion
from components.promotion.registration import Candidate
from components.registry import Champion
from components.tracking import Tracking
from flows.benchmark_models import benchmark_step
from flows.environment import Checkout

CHAMPION = "champion before"

# The registry may be away for a moment, so asking is retried; a verdict is arithmetic and is not.
ask_champion = task(name="ask-champion", retries=2, cache_policy=NO_CACHE)(settled_champion)
release_champion = task(name="release", retries=2, cache_policy=NO_CACHE)(promote)


@dataclass(frozen=True, slots=True)
class Measured:
    """A student with its report, and the reports of what it must beat."""

    checkpoint: Checkpoint
    report: BenchmarkReport
    references: tuple[BenchmarkReport, ...]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became of a student."""

    verdict: Verdict
    release: Release | None
    before: Champion | None
    champion_report: BenchmarkReport | None

    def repeats(self, run_id: str) -> bool:
        """Tell whether the run made the champion before, so that its own verdict and page stand."""
        return self.before is not None and self.before.run_id == run_id


@flow(name="promote-student", validate_parameters=False)
def promote_student(
    student: Measured, suite: Suite, params: Params, checkout: Checkout, run_id: str
) -> Promotion:
    """Release a benchmarked student if the gate lets it pass.

    Args:
        student: From the flow `benchmark-models`.
        suite: What it was measured on; the champion is measured on the same.
        params: The parameter file; its blocks `gate` and `registry` are used.
        checkout: Where results and the registry are.
        run_id: The MLflow run that a release belongs to.

    Returns:
        Verdict and release. A shut gate is an answer, not a failure. Where the registry cannot say
        who the champion is, the student is rejected, with what the registry said as the reason.

    Raises:
        StaleChampion: another run made a champion meanwhile; the same run judges against it.
        RegistryError: the registry failed while the student was promoted.
    """
    tracking = Tracking(checkout.mlruns)
    try:
        before = ask_champion(params.registry, tracking=tracking)
    except RegistryError as error:
        get_run_logger().error("%s", error)
        return Promotion(gate.rejected([f"not judged: {error}"], params.gate), None, None, None)
    champion_report = _measure(before, student.report, suite, checkout)
    if before and champion_report and params.gate.budget.max_slowdown:
        student, champion_report = _retimed(student, before, champion_report, checkout)
    verdict = pass_gate(student, champion_report, suite, params.gate, checkout)
    get_run_logger().info("gate: %s", verdict.outcome)
    create_markdown_artifact(markdown=_words(verdict), key="gate", description="the verdict")
    released = None
    if verdict.passed:
        candidate = Candidate(
            checkpoint=student.checkpoint,
            folder=checkout.workplace.store.root / student.checkpoint.folder,
            report=student.report,
            verdict=verdict,
            champion_version=before.version if before else None,
            run_id=run_id,
            champion_report=champion_report,
        )
        released = release_champion(
            candidate, params.registry, tracking=tracking, flow_run=flow_run.get_name() or ""
        )
    return Promotion(verdict, released, before, champion_report)


def _measure(
    champion: Champion | None, report: BenchmarkReport, suite: Suite, checkout: Checkout
) -> BenchmarkReport | None:
    """Measure the champion on the candidate's own benchmark, unless it is the candidate."""
    if champion is None:
        return None
    if champion.weights_sha256 == report.weights_sha256:
        return report
    entry = contender_from(CHAMPION, champion.folder)
    measured: BenchmarkReport = benchmark_step(entry, suite, checkout).result().record
    return measured


def _retimed(
    student: Measured, champion: Champion, report: BenchmarkReport, checkout: Checkout
) -> tuple[Measured, BenchmarkReport]:
    """Time student and champion in turn, now: their reports may be of different days."""
    models = [
        contender(student.checkpoint, checkout.workplace).model,
        contender_from(CHAMPION, champion.folder).model,
    ]
    ours, theirs = cost.retimed([student.report.cost, report.cost], models)
    timed = student.report.model_copy(update={"cost": ours})
    return replace(student, report=timed), report.model_copy(update={"cost": theirs})


@task(name="gate", cache_policy=NO_CACHE)
def pass_gate(
    student: Measured,
    champion: BenchmarkReport | None,
    suite: Suite,
    params: GateParams,
    checkout: Checkout,
) -> Verdict:
    """Judge a student by the reports' rows; only the records cross to the task."""
    lower = frozenset(name for name, m in suite.metrics.items() if not m.HIGHER_IS_BETTER)

    def measured(report: BenchmarkReport) -> gate.Measured:
        return gate.Measured(report, benchmark.read_table(report, checkout.workplace), lower)

    return gate.judge(
        measured(student.report),
        measured(champion) if champion else None,
        [measured(reference) for reference in student.references],
        params,
    )


def _words(verdict: Verdict) -> str:
    rules = [f"- {'holds' if r.passed else '**broken**'}: {r.sentence}" for r in verdict.rules]
    told = {rule.sentence for rule in verdict.rules}
    others = [f"- {reason}" for reason in verdict.reasons if reason not in told]
    return "\n".join((f"**{verdict.outcome}**", "", *rules, *others))
