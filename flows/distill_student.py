"""Flow 3: manifest and teacher -> student; and the same student without a teacher, to compare."""

from typing import Any, NamedTuple

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from components import student
from components.artifacts import Checkpoint, Manifest
from components.config import Params
from components.store import Outcome
from flows.display import curve_image, finished, progress_of
from flows.environment import Checkout


class Students(NamedTuple):
    """The student that may be released, and the one it is compared with."""

    distilled: Outcome[Checkpoint]
    alone: Outcome[Checkpoint]


@task(name="student", task_run_name="student{suffix}", cache_policy=NO_CACHE)
def student_step(
    manifest: Manifest,
    teacher: Checkpoint,
    params: Params,
    checkout: Checkout,
    *,
    taught: bool = True,
    suffix: str = "",  # noqa: ARG001 - for the run's name
) -> State[Any]:
    """Train the student of the chosen recipe, with a teacher or alone."""
    train = student.distil_student if taught else student.train_alone
    with progress_of(student.LABEL if taught else student.ALONE) as progress:
        outcome = train(
            manifest,
            teacher,
            params.chosen,
            seed=params.seed,
            workplace=checkout.workplace,
            progress=progress,
        )
    return finished(
        outcome,
        [outcome.record.facts],
        title=outcome.record.label,
        image=curve_image(outcome.record, checkout),
    )


@flow(name="distill-student", validate_parameters=False)
def distill_student(
    manifest: Manifest, teacher: Checkpoint, params: Params, checkout: Checkout
) -> Students:
    """Train the student of the chosen recipe twice, with and without its teacher.

    Args:
        manifest: From the flow `prepare-dataset`.
        teacher: From the flow `train-teacher`.
        params: The whole parameter file.
        checkout: Where the pictures are and results go.
    """
    return Students(
        distilled=student_step(manifest, teacher, params, checkout).result(),
        alone=student_step(
            manifest, teacher, params, checkout, taught=False, suffix="-alone"
        ).result(),
    )
