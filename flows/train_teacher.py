"""Flow 2: manifest -> teacher."""

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from components import teacher
from components.artifacts import Checkpoint, Manifest
from components.config import Params
from components.store import Outcome
from flows.display import curve_image, finished, progress_of
from flows.environment import Checkout


@task(name="teacher", cache_policy=NO_CACHE)
def teacher_step(manifest: Manifest, params: Params, checkout: Checkout) -> State[Any]:
    """Train the teacher of the chosen recipe."""
    with progress_of("teacher") as progress:
        outcome = teacher.train_teacher(
            manifest,
            params.chosen,
            seed=params.seed,
            workplace=checkout.workplace,
            progress=progress,
        )
    return finished(
        outcome,
        [outcome.record.facts],
        title="teacher",
        image=curve_image(outcome.record, checkout),
    )


@flow(name="train-teacher", validate_parameters=False)
def train_teacher(manifest: Manifest, params: Params, checkout: Checkout) -> Outcome[Checkpoint]:
    """Train the teacher of the chosen recipe.

    Args:
        manifest: From the flow `prepare-dataset`.
        params: The whole parameter file.
        checkout: Where the pictures are and results go.
    """
    outcome: Outcome[Checkpoint] = teacher_step(manifest, params, checkout).result()
    return outcome
