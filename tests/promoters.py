"""What the processes do that promote at once, or are killed while they promote."""

import os
import time
from pathlib import Path

from components import faults
from components.config import RegistryParams
from components.errors import RestorationError
from components.promotion import promote as station
from components.promotion import registration, serving_check
from components.promotion.reconcile import reconcile
from components.tracking import Tracking
from tests.candidates import candidate, save_bare

PRELOADED = [
    "tests.promoters",
    "alembic.command",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.tracking._model_registry.client",
]


def enter(uri):
    """Give a process the registry of the test that started it."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if uri:
        os.environ["MLFLOW_TRACKING_URI"] = uri
    # Both take seconds, and have tests of their own.
    serving_check._probe = lambda _: ""
    registration._save = save_bare


def promote(uri, root, model, run_id, folder, *, seed, over, kill_at="", start=None):  # noqa: PLR0913 - what a process needs
    """Promote a network of one's own; die at a point, when one is named."""
    enter(uri)
    faults._KILL_AT = kill_at
    student = candidate(Path(folder), run_id, seed=seed, over=over)
    params, tracking = RegistryParams(model_name=model), Tracking(Path(root))
    if start is not None:
        start.wait(120)
    return station.promote(student, params, tracking=tracking)


def contend(answers, number, *arguments, **options):
    """Promote, and answer with the number, the version that was released, and what was said."""
    try:
        release = promote(*arguments, **options)
        answers.put((number, release.version, ""))
    except RestorationError as error:
        answers.put((number, None, f"{type(error).__name__}: {error}"))


def repair(answers, uri, root, model):
    """Reconcile; answer with what was found, and how long it took."""
    enter(uri)
    begun = time.monotonic()
    done = reconcile(model, Tracking(Path(root)))
    answers.put((done.champion, done.done, time.monotonic() - begun))
