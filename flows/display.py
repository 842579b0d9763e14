"""What a run shows while it works: bars in the terminal, progress and tables in Prefect."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from prefect.artifacts import (
    create_image_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.schemas.objects import State
from prefect.logging.configuration import setup_logging
from prefect.logging.handlers import PrefectConsoleHandler
from prefect.states import Completed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from components.artifacts import Checkpoint, Progress, Record
from components.reporting.charts import curves
from components.store import Outcome
from components.training.session import read_curve
from flows.environment import Checkout

log = logging.getLogger("components.progress")

_SECONDS_BETWEEN_UPDATES = 5.0


@contextmanager
def progress_of(station: str) -> Iterator[Progress]:
    """Show a station's progress in the terminal, and as an artifact in Prefect."""
    console = Console(stderr=True)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    artifact: UUID | None = None
    last = time.monotonic()
    with bar:
        row = bar.add_task(station, total=None, note="")

        def report(done: int, total: int, note: str) -> None:
            nonlocal artifact, last
            bar.update(row, completed=done, total=total, note=note)
            if time.monotonic() - last < _SECONDS_BETWEEN_UPDATES:
                return
            last = time.monotonic()
            artifact = _update(artifact, station, 100 * done / total)
            if not console.is_terminal:
                log.info("%s %d/%d %s", station, done, total, note)

        yield report


def finished(
    outcome: Outcome[Any], table: list[dict[str, Any]], *, title: str, image: str = ""
) -> State[Any]:
    """End a station's task: its artifacts, its key, and a state that says whether it was reused.

    Args:
        outcome: What the component gave.
        table: Rows for Prefect's page.
        title: Stands above the table and the image.
        image: A data URI; empty for none.
    """
    record: Record = outcome.record
    station = record.folder.parent.name
    create_table_artifact(table=table, key=station, description=f"{title} (key {record.key})")
    if image:
        create_image_artifact(image_url=image, key=f"{station}-image", description=title)
    state = "Reused" if outcome.reused else "Completed"
    return Completed(name=state, message=f"{station} {record.key}", data=outcome)


def curve_image(record: Checkpoint, checkout: Checkout) -> str:
    """Draw a training's curve, as a data URI."""
    drawn = curves({record.label: read_curve(record, checkout.workplace)})
    return drawn[0].uri if drawn else ""


def say_errors_once() -> None:
    """Keep Prefect from printing a failure: it does so per task and flow, each with a traceback.

    The exception itself reaches whoever called the flow; Prefect's own log, which its page shows, keeps
    every line.
    """
    setup_logging()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler):
            handler.addFilter(_is_no_failed_run)


def _is_no_failed_run(record: logging.LogRecord) -> bool:
    of_a_run = record.name.startswith(("prefect.task_runs", "prefect.flow_runs"))
    failed = record.levelno >= logging.ERROR or "Finished in state Failed" in record.getMessage()
    return not (of_a_run and failed)


def _update(artifact: UUID | None, station: str, percent: float) -> UUID | None:
    if artifact is not None:
        update_progress_artifact(artifact, progress=percent)
        return artifact
    made = create_progress_artifact(progress=percent, key="progress", description=station)
    return made if isinstance(made, UUID) else None
