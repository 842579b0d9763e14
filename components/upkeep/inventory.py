"""What lies in a store: every work folder with its last use, which runs are at work, and its end."""

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout
from pydantic import ValidationError

from components.errors import StoreError
from components.keys import Key
from components.store import RECORD, Entry, Store, write_atomically

_RUNS = ".runs"


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """A work folder as it lies there.

    Attributes:
        name: `<station>/<content key>`.
        num_bytes: All files together.
        last_used: When the step was made or last reused; of a step without a record, when a file was
            last written. Nanoseconds since 1970.
        key: None without a record that can be read.
        record: Its values; empty without one.
    """

    name: PurePosixPath
    num_bytes: int
    last_used: int
    key: Key | None = None
    record: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunNote:
    """A run that took from the store.

    Attributes:
        name: Unique.
        started: Nanoseconds since 1970.
        reports_to: Which MLflow knows its models.
        at_work: Whether its process is still there.
    """

    name: str
    started: int
    reports_to: str
    at_work: bool


def folders(store: Store, station: str = "*") -> list[WorkFolder]:
    """List the work folders of a station, or of all, the last used first.

    Raises:
        StoreError: one cannot be read.
    """
    try:
        paths = [p for p in store.root.glob(f"{station}/*") if p.is_dir() and _is_station(p.parent)]
        found = [_seen(path) for path in paths]
    except OSError as error:
        raise _unusable(error, store.root) from error
    return sorted(found, key=lambda folder: folder.last_used, reverse=True)


def remove(store: Store, folder: WorkFolder) -> bool:
    """Remove a work folder, unless somebody works in it, or has used it since it was listed.

    Args:
        store: Where it lies.
        folder: As it was listed.

    Returns:
        Whether it is gone.

    Raises:
        StoreError: it cannot be removed.
    """
    path = store.root / folder.name
    try:
        with _lock_of(store, folder).acquire(timeout=0):
            if not path.exists() or _last_used(path) != folder.last_used:
                return False
            (path / RECORD).unlink(missing_ok=True)  # first: a folder without it does not exist
            shutil.rmtree(path)
    except Timeout:
        return False
    except OSError as error:
        raise _unusable(error, path) from error
    return True


@contextmanager
def at_work(store: Store, *, reports_to: str) -> Iterator[None]:
    """Tell that a run is at work: what it uses is no garbage, until another run begins after it.

    Args:
        store: What it takes from and adds to.
        reports_to: Which MLflow will know its models.

    Raises:
        StoreError: the store cannot be written.
    """
    name = f"{time.time_ns()}-{uuid.uuid4().hex[:8]}"
    content = json.dumps({"reports_to": reports_to}).encode()
    with ExitStack() as held:
        try:
            # Before the note: one whose lock nobody holds is of a run that has ended.
            held.enter_context(store.lock(f"run-{name}"))
            (store.root / _RUNS).mkdir(exist_ok=True)
            write_atomically(store.root / _RUNS / name, content)
        except OSError as error:
            raise _unusable(error, store.root) from error
        for run in runs(store)[:-1]:
            if not run.at_work:
                (store.root / _RUNS / run.name).unlink(missing_ok=True)
        yield


def runs(store: Store) -> list[RunNote]:
    """List the runs that are at work, and the latest of all, which is the last of the list.

    Runs that ended earlier may be among them.
    """
    files = sorted(path for path in (store.root / _RUNS).glob("*") if path.name[0].isdigit())
    return [note for note in (_read_note(file, store) for file in files) if note is not None]


def is_busy(store: Store, folder: WorkFolder) -> bool:
    """Tell whether somebody works in a folder."""
    return _is_held(_lock_of(store, folder))


def num_bytes(path: Path) -> int:
    """Add up the sizes of all files in a folder."""
    return sum(size for _, size in _facts(path))


def _unusable(error: OSError, path: Path) -> StoreError:
    return StoreError(f"{error.filename or path}: {error.strerror or error}")


def _is_station(path: Path) -> bool:
    return not path.name.startswith(".")


def _lock(store: Store, name: str) -> FileLock:
    return FileLock(store.root / ".locks" / f"{name}.lock")


def _lock_of(store: Store, folder: WorkFolder) -> FileLock:
    """Return the lock under which `Store.once` makes a step."""
    return _lock(store, "-".join(folder.name.parts))


def _read_note(file: Path, store: Store) -> RunNote | None:
    """Read a note; None when it has gone since it was listed."""
    try:
        reports_to = json.loads(file.read_bytes())["reports_to"]
    except FileNotFoundError:
        return None
    started = int(file.name.partition("-")[0])
    at_work = _is_held(_lock(store, f"run-{file.name}"))
    return RunNote(file.name, started, reports_to, at_work)


def _is_held(lock: FileLock) -> bool:
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def _seen(path: Path) -> WorkFolder:
    name, used, size = PurePosixPath(*path.parts[-2:]), _last_used(path), num_bytes(path)
    try:
        entry = Entry.model_validate_json((path / RECORD).read_bytes())
    except (FileNotFoundError, ValidationError):
        return WorkFolder(name, size, used)
    if entry.key.digest != path.name:  # moved by hand: nothing finds it under this name
        return WorkFolder(name, size, used)
    return WorkFolder(name, size, used, entry.key, entry.record)


def _last_used(path: Path) -> int:
    try:
        return (path / RECORD).stat().st_mtime_ns
    except FileNotFoundError:
        return max((written for written, _ in _facts(path)), default=0)


def _facts(path: Path) -> Iterator[tuple[int, int]]:
    """Yield time and size of the folder and all in it; a training writes and removes files meanwhile."""
    for file in (path, *path.rglob("*")):
        with suppress(FileNotFoundError):
            facts = file.stat()
            yield facts.st_mtime_ns, 0 if file.is_dir() else facts.st_size
