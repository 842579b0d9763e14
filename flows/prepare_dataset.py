"""Flow 1: data/ -> manifest, with the version of the data that it belongs to."""

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from components import dataset
from components.artifacts import Manifest
from components.config import DataParams, Params
from components.store import Outcome
from flows.display import finished, progress_of
from flows.environment import Checkout


@task(name="dataset", cache_policy=NO_CACHE)
def dataset_step(params: DataParams, checkout: Checkout) -> State[Any]:
    """Prepare the manifest of the data folder."""
    with progress_of("dataset") as progress:
        outcome = dataset.prepare(params, workplace=checkout.workplace, progress=progress)
    table = [{"split": split, "pictures": n} for split, n in outcome.record.counts.items()]
    return finished(outcome, table, title=f"data {outcome.record.data_digest}")


@flow(name="prepare-dataset", validate_parameters=False)
def prepare_dataset(params: Params, checkout: Checkout) -> Outcome[Manifest]:
    """Make the manifest of the pictures in the checkout's data folder.

    Args:
        params: The parameter file; its block `data` is used.
        checkout: Where the pictures are and results go.
    """
    outcome: Outcome[Manifest] = dataset_step(params.data, checkout).result()
    return outcome
