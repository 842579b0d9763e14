"""Station 6, registry: which model is the champion, and where the files of a released version are.

A release is a version of a model in MLflow's registry. `promotion` makes releases, and moves the alias.
"""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from components.config import RegistryParams
from components.errors import CheckpointError, RegistryError
from components.tracking import GC, Tracking
from components.training import checkpoint

CHAMPION = "champion"
CHECKPOINT = "checkpoint"
"""Folder within a release's artifacts; `released_model` asks for this name."""
WEIGHTS = "weights_sha256"
"""Tag of a version: what it is. A version without it was not released by this program."""
LEDGER = ".ledger"
"""How the name of a model ends that is no model, but the ledger of one."""


@dataclass(frozen=True, slots=True)
class Champion:
    """The version in service.

    Attributes:
        folder: Its checkpoint on this machine; read-only, as it may be the registry's own.
    """

    name: str
    version: str
    run_id: str
    weights_sha256: str
    folder: Path


def champion(params: RegistryParams, tracking: Tracking) -> Champion | None:
    """Return the version in service, or None when nothing was ever released under the name.

    Raises:
        RegistryError: MLflow failed, or the version's files are not there. Not knowing the champion is
            not the same as having none, and must never let a candidate through.
    """
    number = (_aliases(params.model_name, tracking) or {}).get(CHAMPION)
    if number is None:
        return None
    released = version(params.model_name, number, tracking)
    return Champion(
        name=params.model_name,
        version=number,
        run_id=str(released.run_id),
        weights_sha256=released.tags[WEIGHTS],
        folder=_checkpoint_of(released, tracking),
    )


def resolve(reference: str, tracking: Tracking) -> Path:
    """Find the checkpoint of a released version.

    Args:
        reference: NAME (its champion), NAME@ALIAS or NAME/VERSION.
        tracking: Where the registry is.

    Returns:
        A checkpoint folder on this machine, to be read only.

    Raises:
        RegistryError: MLflow failed, or holds no such version; the message lists what there is.
    """
    return _checkpoint_of(_named(reference, tracking), tracking)


def run_of(reference: str, tracking: Tracking) -> str:
    """Return the id of the run that a released version belongs to.

    Args:
        reference: As for `resolve`.
        tracking: Where the registry is.

    Raises:
        RegistryError: as `resolve` does.
    """
    return str(_named(reference, tracking).run_id)


def version(name: str, number: str, tracking: Tracking) -> ModelVersion:
    """Return a version that this program released, and whose files were not removed.

    Raises:
        RegistryError: MLflow failed, or there is no such version.
    """
    with tracking.asking() as client:
        found = client.get_model_version(name, number)
    if WEIGHTS not in found.tags:
        raise RegistryError(f"{name} version {number}: was not released by this program")
    if GC in found.tags:
        raise RegistryError(
            f"{name} version {number}: its files were removed by `restill gc` on {found.tags[GC]}"
        )
    return found


def folder_of(released: ModelVersion, tracking: Tracking) -> Path:
    """Return the folder of a release on this machine; read-only.

    Raises:
        RegistryError: its files cannot be had, or it does not hold what was released.
    """
    return _checkpoint_of(released, tracking).parents[1]


def alias(name: str, tracking: Tracking) -> str | None:
    """Return the version that the alias of the champion points to; None without model or alias.

    Raises:
        RegistryError: MLflow failed.
    """
    return (_aliases(name, tracking) or {}).get(CHAMPION)


def point(name: str, number: str, tracking: Tracking) -> None:
    """Let the alias point to a version. Whoever does so last wins, so that `promotion` alone does it.

    Raises:
        RegistryError: MLflow failed, or there is no such version.
    """
    with tracking.asking() as client:
        client.set_registered_model_alias(name, CHAMPION, number)


def require(name: str, tracking: Tracking) -> None:
    """Make sure that there is a model of a name.

    Raises:
        RegistryError: MLflow failed, or there is none; the message lists what there is.
    """
    if _aliases(name, tracking) is None:
        raise RegistryError(f"no model {name!r} in the registry (there are: {_names(tracking)})")


def make(name: str, tracking: Tracking) -> None:
    """Make a model unless it is there; several processes may do so at once.

    Raises:
        RegistryError: MLflow failed.
    """
    with tracking.asking() as client:
        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _named(reference: str, tracking: Tracking) -> ModelVersion:
    match = re.fullmatch(r"([\w.-]+)(?:@([\w.-]+)|/(\d+))?", reference)
    if match is None:
        raise RegistryError(f"{reference!r}: expected NAME, NAME@ALIAS or NAME/VERSION")
    name, alias, number = match[1], match[2] or CHAMPION, match[3]
    require(name, tracking)
    aliases = _aliases(name, tracking) or {}
    if number is None and alias not in aliases:
        raise RegistryError(f"{name}: no alias {alias!r} (there are: {_listed(aliases)})")
    return version(name, number or aliases[alias], tracking)


def _aliases(name: str, tracking: Tracking) -> dict[str, str] | None:
    """Return alias -> version of a model, or None when there is no such model."""
    # Asking for an alias that is not there gives INVALID_PARAMETER_VALUE, as many faults do; a missing
    # model has a code of its own.
    with tracking.asking() as client:
        try:
            aliases = client.get_registered_model(name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
    return {alias: str(number) for alias, number in aliases.items()}


def _checkpoint_of(released: ModelVersion, tracking: Tracking) -> Path:
    """Return a version's checkpoint folder, which must hold the weights that were released."""
    folder = _fetch(released, tracking) / "artifacts" / CHECKPOINT
    try:
        digest = checkpoint.read_about(folder)[WEIGHTS]
    except CheckpointError as error:
        raise RegistryError(f"{released.name} version {released.version}: {error}") from error
    if digest != released.tags[WEIGHTS]:
        raise RegistryError(f"{folder}: is not what was released (sha256 of the weights)")
    return folder


def _fetch(released: ModelVersion, tracking: Tracking) -> Path:
    """Return a version's folder on this machine: in place when it is on disk, else downloaded once."""
    with tracking.asking() as client:
        source = client.get_model_version_download_uri(released.name, released.version)
    if urlsplit(source).scheme == "file":
        return Path(url2pathname(urlsplit(source).path))
    name = f"{released.name}-{released.version}-{released.tags[WEIGHTS][:12]}"
    folder = tracking.root / "released" / name
    with tracking.lock(f"released-{name}"), tracking.asking():
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
                _download(source, temporary, tracking).rename(folder)
    return folder


def _download(source: str, target: str, tracking: Tracking) -> Path:
    uri = tracking.uri
    return Path(download_artifacts(source, dst_path=target, tracking_uri=uri, registry_uri=uri))


def _names(tracking: Tracking) -> str:
    with tracking.asking() as client:
        names = [str(model.name) for model in client.search_registered_models()]
    return _listed(name for name in names if not name.endswith(LEDGER))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
