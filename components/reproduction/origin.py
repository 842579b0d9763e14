"""What a run records so that its student can be made again, and how that is found and read."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from components import registry
from components.artifacts import Checkpoint
from components.config import Params, as_yaml
from components.errors import CheckpointError, RegistryError
from components.reproduction.rebuild import PARAMS, Ingredients
from components.reproduction.surroundings import THREADS, surroundings
from components.store import Store, sha256_of
from components.student import LABEL
from components.tracking import Facts, Tracking
from components.training import checkpoint
from components.versioning.git import NONE, Code

_PATCH = "git.patch"
_GIT, _SURROUNDINGS, _DATA = "restill.git.", "restill.surroundings.", "restill.data"
_WEIGHTS, _FOLDER = f"restill.{LABEL}.weights", f"restill.{LABEL}.folder"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a student came from.

    Attributes:
        run_id: The run that made it.
        ingredients: What it was made of.
        surroundings: What `surroundings` said then.
        weights: teacher, student -> sha256 of the weights.
        folder: The student's checkpoint; None when it is gone.
    """

    run_id: str
    ingredients: Ingredients
    surroundings: dict[str, str]
    weights: dict[str, str]
    folder: Path | None


def facts(
    root: Path, *, code: Code, params: Params, data_digest: str, trained: Iterable[Checkpoint]
) -> Facts:
    """Say of a run what it takes to make its student again.

    Args:
        root: The checkout.
        code: What ran.
        params: All parameters.
        data_digest: The version of the data.
        trained: The teacher and the student, at least.
    """
    here = surroundings(root)
    return Facts(
        tags={f"{_GIT}{name}": value for name, value in code.facts.items()}
        | {f"{_SURROUNDINGS}{name}": value for name, value in here.items()}
        | {f"restill.{record.label}.weights": record.sha256 for record in trained}
        | {f"restill.{record.label}.folder": str(record.folder) for record in trained}
        | {_DATA: data_digest},
        files={PARAMS: as_yaml(params).encode()} | ({_PATCH: code.patch} if code.patch else {}),
    )


def find(reference: str, tracking: Tracking, store: Store) -> Origin:
    """Find where a student came from.

    Args:
        reference: NAME, NAME@ALIAS or NAME/VERSION of a release, or the id of a run.
        tracking: Runs and releases.
        store: Where the student of a run may still be that was not released.

    Raises:
        RegistryError: MLflow failed, holds no such release or run, or the run does not say enough.
        CheckpointError: the weights that were released are damaged.
    """
    if re.fullmatch(r"[0-9a-f]{32}", reference):
        run_id, tags = reference, tracking.tags(reference)
        folder = _kept(tags, store)
    else:
        folder = registry.resolve(reference, tracking)
        run_id = registry.run_of(reference, tracking)
        tags = tracking.tags(run_id) | {_WEIGHTS: _digest(folder)}
    labels = ("teacher", LABEL)
    weights = {label: tags.get(f"restill.{label}.weights", "") for label in labels}
    return Origin(
        run_id=run_id,
        ingredients=_ingredients(run_id, tags, tracking),
        surroundings={
            name.removeprefix(_SURROUNDINGS): value
            for name, value in tags.items()
            if name.startswith(_SURROUNDINGS)
        },
        weights=weights,
        folder=folder,
    )


def _kept(tags: Mapping[str, str], store: Store) -> Path | None:
    """Return the work folder of a run's student, unless other weights are there by now, or none."""
    folder = store.root / tags.get(_FOLDER, "")
    file = folder / checkpoint.WEIGHTS
    return folder if file.is_file() and sha256_of(file) == tags.get(_WEIGHTS) else None


def _digest(folder: Path) -> str:
    """Digest the weights themselves: what is said beside them may be true no longer."""
    file = folder / checkpoint.WEIGHTS
    try:
        digest = sha256_of(file)
    except OSError as error:
        raise CheckpointError(f"{file}: cannot be read: {error.strerror}") from error
    if digest != checkpoint.read_about(folder)["weights_sha256"]:
        raise CheckpointError(f"{file}: is not what was released (sha256)")
    return digest


def _ingredients(run_id: str, tags: Mapping[str, str], tracking: Tracking) -> Ingredients:
    commit, digest = tags.get(f"{_GIT}commit", NONE), tags.get(_DATA)
    params, patch = tracking.file(run_id, PARAMS), tracking.file(run_id, _PATCH)
    needed = {
        "commit": None if commit == NONE else commit,
        "version of the data": digest,
        "sha256 of the weights": tags.get(_WEIGHTS),
        PARAMS: params,
        _PATCH: patch or (None if tags.get(f"{_GIT}dirty") == "yes" else "not needed"),
    }
    lacking = [name for name, value in needed.items() if value is None]
    if lacking or params is None or digest is None:
        raise RegistryError(
            f"run {run_id}: cannot be rebuilt, for it has no {', no '.join(lacking)}; only a run of "
            f"the whole way in a git checkout has all of them"
        )
    threads = int(tags.get(f"{_SURROUNDINGS}{THREADS}", "0"))
    return Ingredients(commit, patch or b"", params, digest, threads)
