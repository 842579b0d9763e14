"""Flow 1: data/ -> manifest, with the version of the data that it belongs to."""

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from components import dataset
from components.artifacts import Manifest
from components.config import DataParams, Params
from components.reporting.pictures import contact_sheet
from components.store import Outcome
from components.versioning import versions
from flows.display import finished, progress_of
from flows.environment import Checkout


@task(name="dataset", cache_policy=NO_CACHE)
def dataset_step(params: DataParams, checkout: Checkout) -> State[Any]:
    """Prepare the manifest of the data folder, and say which version of the data it is."""
    with progress_of("dataset") as progress:
        outcome = dataset.prepare(params, workplace=checkout.workplace, progress=progress)
    version = _version(checkout)
    table = [{"split": split, "pictures": n} for split, n in outcome.record.counts.items()]
    shown = dataset.overview(outcome.record, checkout.workplace)
    return finished(outcome, table, title=version, image=contact_sheet(shown))


@flow(name="prepare-dataset", validate_parameters=False)
def prepare_dataset(params: Params, checkout: Checkout) -> Outcome[Manifest]:
    """Make the manifest of the pictures in the checkout's data folder.

    Args:
        params: The parameter file; its block `data` is used.
        checkout: Where the pictures are and results go.
    """
    outcome: Outcome[Manifest] = dataset_step(params.pictures, checkout).result()
    return outcome


def _version(checkout: Checkout) -> str:
    """Say how data/ stands to data.dvc; a recorded version also goes into DVC's cache, once."""
    if checkout.past is not None:
        return f"data {checkout.past.parent.name}, a recorded version"
    status = versions.status(checkout.root)
    if status.clean:
        versions.adopt(checkout.root)
        return f"data {status.current}, as recorded in data.dvc"
    said = f"data {status.current} is not recorded in data.dvc"
    if status.recorded:
        said += f", which has {status.recorded}"
    get_run_logger().warning("%s; `restill data commit -m WHY` records it", said)
    return said
