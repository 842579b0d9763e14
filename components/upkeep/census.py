"""Which runs and versions MLflow holds, and the end of their files; the database keeps its rows.

Only files in this checkout are removed: what lies on a server or in a bucket belongs to others too.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import Timeout

from components.errors import RegistryError
from components.paging import pages
from components.tracking import FOLDERS, GC, KEY, SEEN, Tracking
from components.upkeep.garbage import Run, Version

_PARENT = "mlflow.parentRunId"
_WEIGHTS_OF_RUN = "restill.weights"
_WEIGHTS_OF_VERSION = "weights_sha256"
_ENTRY = "restill.entry"  # of versions that are entries of a ledger; see `promotion.ledger`
_ENDED = {"FINISHED", "FAILED", "KILLED"}
_A_PAGE = 200


def runs(tracking: Tracking) -> list[Run]:
    """List the runs that this program made.

    Raises:
        RegistryError: MLflow failed, or its database is missing.
    """
    _require_database(tracking)
    with tracking.asking() as client:
        names = {
            str(experiment.experiment_id): str(experiment.name)
            for experiment in pages(
                lambda token: client.search_experiments(max_results=_A_PAGE, page_token=token)
            )
        }
        found = pages(
            lambda token: client.search_runs(list(names), max_results=_A_PAGE, page_token=token)
        )
    return [
        _run(run, names[run.info.experiment_id], tracking) for run in found if KEY in run.data.tags
    ]


def versions(tracking: Tracking) -> list[Version]:
    """List the versions of all models, without those whose files were removed, and without ledgers.

    Raises:
        RegistryError: MLflow failed, or its database is missing.
    """
    _require_database(tracking)
    with tracking.asking() as client:
        models = pages(
            lambda token: client.search_registered_models(max_results=_A_PAGE, page_token=token)
        )
        return [version for model in models for version in _versions(str(model.name), client)]


def retire(version: Version, tracking: Tracking, is_changing: Callable[[], bool]) -> bool:
    """Note on a version that its files go; from now on it cannot become the champion again.

    Args:
        version: As it was listed.
        tracking: Where it is.
        is_changing: Tells whether somebody is about to change the champion, who may want it. Asked after
            the note: a change that begins later sees the note.

    Returns:
        False when an alias points to it by now, or the champion is about to change; then nothing is noted.

    Raises:
        RegistryError: MLflow failed.
    """
    name, number = version.name, str(version.number)
    with tracking.asking() as client:
        client.set_model_version_tag(name, number, GC, _now())
        if is_changing() or number in map(str, client.get_registered_model(name).aliases.values()):
            client.delete_model_version_tag(name, number, GC)
            return False
    return True


def discard(run: Run, tracking: Tracking) -> bool:
    """Remove the files of a run; the run stays, with a note.

    Args:
        run: As it was listed; its versions are retired.
        tracking: Where it is.

    Returns:
        False when it is open, was gone through again since, or holds a version that is not retired;
        then nothing is removed.

    Raises:
        RegistryError: MLflow failed, or the files cannot be removed.
    """
    assert run.artifacts is not None  # noqa: S101 - the caller has chosen it for its files
    try:
        with (
            tracking.run_lock(run.experiment, run.key).acquire(timeout=0),
            tracking.asking() as ask,
        ):
            now = _run(ask.get_run(run.run_id), run.experiment, tracking)
            found = ask.search_model_versions(f"run_id = '{run.run_id}'")
            if now != run or any(not {GC, _ENTRY} & version.tags.keys() for version in found):
                return False
            ask.set_tag(run.run_id, GC, _now())  # first: a run with half its files is no run
            shutil.rmtree(run.artifacts)
    except Timeout:
        return False
    return True


def _require_database(tracking: Tracking) -> None:
    """Refuse to make a new database, which knows of no champion."""
    file = tracking.database
    if file is not None and not file.is_file():
        raise RegistryError(f"{file}: is missing, so nobody knows which models are in service")


def _versions(name: str, client: Any) -> Iterator[Version]:
    aliases = client.get_registered_model(name).aliases  # a search need not answer with aliases
    found = pages(
        lambda token: client.search_model_versions(
            f"name = '{name}'", max_results=_A_PAGE, page_token=token
        )
    )
    for version in found:
        if GC not in version.tags and _ENTRY not in version.tags:
            yield Version(
                name=name,
                number=int(version.version),
                run_id=str(version.run_id),
                weights=version.tags.get(_WEIGHTS_OF_VERSION, ""),
                aliases=tuple(a for a, n in aliases.items() if str(n) == str(version.version)),
            )


def _run(run: Any, experiment: str, tracking: Tracking) -> Run:
    tags = run.data.tags
    return Run(
        run_id=str(run.info.run_id),
        name=str(run.info.run_name),
        experiment=experiment,
        key=tags[KEY],
        seen=int(tags.get(SEEN, run.info.start_time)),
        parent=tags.get(_PARENT),
        is_open=run.info.status not in _ENDED,
        weights=tags.get(_WEIGHTS_OF_RUN, ""),
        folders=tuple(tags.get(FOLDERS, "").split()),
        artifacts=_artifacts(run.info.artifact_uri, tracking),
    )


def _artifacts(uri: str, tracking: Tracking) -> Path | None:
    """Return the folder of a run's files, when it is there and within this checkout."""
    address = urlsplit(uri)
    folder = Path(url2pathname(address.path)).parent  # <run id>/artifacts
    ours = tracking.root.resolve() / "artifacts"
    if address.scheme != "file" or not folder.is_dir():
        return None
    return folder if folder.parent == ours else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
