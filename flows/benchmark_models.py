"""Flow 4: models -> reports, all on the same pictures by the same protocol."""

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from components import benchmark
from components.artifacts import BenchmarkReport
from components.benchmark import Contender, Suite
from components.reporting.pictures import contact_sheet
from components.store import Outcome
from flows.display import finished, progress_of
from flows.environment import Checkout


@task(name="benchmark", task_run_name="benchmark-{entry.label}", cache_policy=NO_CACHE)
def benchmark_step(entry: Contender, suite: Suite, checkout: Checkout) -> State[Any]:
    """Measure one model."""
    with progress_of("benchmark") as progress:
        outcome = benchmark.measure(entry, suite, workplace=checkout.workplace, progress=progress)
    report = outcome.record
    table = [{"slice": name, **values} for name, values in report.slices.items()]
    title = f"{report.label} by {report.protocol}"
    if outcome.reused:
        return finished(outcome, table, title=title)
    shown = [list(row.views.values()) for row in benchmark.show([entry], suite)]
    title += ": degraded, restored, truth"
    return finished(outcome, table, title=title, image=contact_sheet(shown))


@flow(name="benchmark-models", validate_parameters=False)
def benchmark_models(
    entries: list[Contender], suite: Suite, checkout: Checkout
) -> list[Outcome[BenchmarkReport]]:
    """Measure models on one suite.

    Args:
        entries: Checkpoints, or parts that need no weights.
        suite: The pictures, their damage, and the protocol.
        checkout: Where results go.
    """
    return [benchmark_step(entry, suite, checkout).result() for entry in entries]
