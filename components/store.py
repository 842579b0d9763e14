"""Where work lives: `<root>/<station>/<content key>/`, with the record written last.

A folder without its record does not exist. A record counts only while every file that it names is
there with its size and sha256. A file is digested once; after that its size, time and inode are trusted
until one of them changes.
"""

import hashlib
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from filelock import FileLock, Timeout
from pydantic import ValidationError

from components import faults
from components.artifacts import FileDigest, Record, name_of
from components.errors import StoreError
from components.keys import Key
from components.parts import Strict

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)

RECORD = "record.json"
STATE = "state"
"""Folder within a work folder for what a step needs to go on after it was cut short."""
MARKS = ".marks.json"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """A step's record, and whether it had to be made."""

    record: R
    reused: bool


@dataclass(frozen=True, slots=True)
class Sight(Generic[R]):
    """What lies under a key.

    Attributes:
        record: None when the step has to be done.
        fault: Why the record that lies there does not count, with the file's name; empty when none
            lies there, and when it counts.
        files: The files of a record that counts.
    """

    record: R | None = None
    fault: str = ""
    files: list[FileDigest] = field(default_factory=list)


class Entry(Strict, ser_json_inf_nan="constants"):  # a record may hold an infinite PSNR
    """What `record.json` holds."""

    key: Key
    record: dict[str, Any]
    files: list[FileDigest]


class Store:
    """A folder of work folders.

    Args:
        root: Made when missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, record: Record, name: str) -> Path:
        """Return the path of a file of a record."""
        return self.root / record.folder / name

    def once(self, key: Key, kind: type[R], make: Callable[[Path], R]) -> Outcome[R]:
        """Make a step's record unless it is there and whole.

        Args:
            key: What names the step's result.
            kind: The record's class.
            make: Called with the work folder; writes the files and returns the record. The folder
                is empty but for `STATE`, where a step that was cut short left its state.

        Raises:
            StoreError: the folder cannot be written; and whatever `make` raises, which leaves no
                record.
        """
        folder = self.root / key.station / key.digest
        try:
            with self.lock(f"{key.station}-{key.digest}"):
                found = _find(folder, key, kind)
                if found is not None:
                    log.info("%s %s: reused", key.station, key.digest[:12])
                    return Outcome(found, reused=True)
                _empty(folder)
                faults.point(f"{key.station}.started")
                record = make(folder)
                shutil.rmtree(folder / STATE, ignore_errors=True)
                faults.point(f"{key.station}.made")
                _write_record(folder, key, record)
                faults.point(f"{key.station}.recorded")
        except OSError as error:
            raise StoreError(f"{error.filename or folder}: {error.strerror or error}") from error
        log.info("%s %s: made", key.station, key.digest[:12])
        return Outcome(record, reused=False)

    def peek(self, key: Key, kind: type[R]) -> Sight[R]:
        """Look a step's record up and check its files; nothing is made, written or waited for.

        Args:
            key: What names the step's result.
            kind: The record's class.

        Raises:
            StoreError: the folder cannot be read.
        """
        folder = self.root / key.station / key.digest
        try:
            return _look(folder, key, kind)
        except OSError as error:
            raise StoreError(f"{error.filename or folder}: {error.strerror or error}") from error

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock among the processes of this machine; a killed holder leaves none behind."""
        folder = self.root / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.warning("another run is working on %s; waiting for it", name)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a station works.

    Attributes:
        store: Where its results go.
        data: The folder with the pictures, only read.
    """

    store: Store
    data: Path


def sha256_of(file: Path) -> str:
    """Digest a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(file: Path, content: bytes) -> None:
    """Write a whole file or nothing: temporary name, fsync, rename."""
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(file.parent)


def _find(folder: Path, key: Key, kind: type[R]) -> R | None:
    """Find a record that counts; None, with a word why, when the step must be done."""
    sight = _look(folder, key, kind)
    if sight.fault:
        log.warning("%s; the step is done again", sight.fault)
    if sight.record is not None:
        _write_marks(folder, sight.files, _read_marks(folder))
        _note_use(folder)
    return sight.record


def _look(folder: Path, key: Key, kind: type[R]) -> Sight[R]:
    """Read a record and check its files."""
    file = folder / RECORD
    if not file.is_file():
        return Sight()
    try:
        entry = Entry.model_validate_json(file.read_bytes())
        record = kind.model_validate_json(json.dumps(entry.record))
    except ValidationError:
        return Sight(fault=f"{file}: is not a record of this version")
    if entry.key != key or record.folder != name_of(folder):
        return Sight(fault=f"{file}: is the record of another step")
    known = _read_marks(folder)
    for expected in entry.files:
        reason = _damage(folder / expected.name, expected, known)
        if reason:
            return Sight(fault=f"{folder / expected.name}: {reason}")
    return Sight(record, files=entry.files)


def _note_use(folder: Path) -> None:
    """Let the record's time say when the step was last used, which `inventory` asks."""
    now = time.time_ns()
    with suppress(OSError):  # of a store that may only be read nothing is ever removed
        os.utime(folder / RECORD, ns=(now, now))


def _empty(folder: Path) -> None:
    """Make a work folder, or clear one without a record of all but its state."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and path.name != STATE:
            shutil.rmtree(path)
        elif not path.is_dir():
            path.unlink()
    _sync(folder.parent)


def _write_record(folder: Path, key: Key, record: Record) -> None:
    written = sorted(folder.rglob("*"))
    for path in written:
        _sync(path)  # a record on disk before its files would be a lie after a power cut
    entry = Entry(
        key=key,
        record=record.model_dump(mode="json"),
        files=[_digest(file, folder) for file in written if file.is_file()],
    )
    write_atomically(folder / RECORD, entry.model_dump_json(indent=1).encode())
    _write_marks(folder, entry.files, {})


def _digest(file: Path, folder: Path) -> FileDigest:
    name = file.relative_to(folder).as_posix()
    return FileDigest(name=name, num_bytes=file.stat().st_size, sha256=sha256_of(file))


def _read_marks(folder: Path) -> dict[str, list[int]]:
    """Read how each file looked when it was last digested; empty when nobody knows."""
    try:
        return cast("dict[str, list[int]]", json.loads((folder / MARKS).read_bytes()))
    except (OSError, ValueError):
        return {}


def _write_marks(folder: Path, files: list[FileDigest], known: dict[str, list[int]]) -> None:
    """Remember how whole files look, so that the next check need not read them."""
    marks = {file.name: _mark(folder / file.name) for file in files}
    if marks == known:
        return
    # A store that may only be read is checked by digest each time.
    with suppress(OSError):
        write_atomically(folder / MARKS, json.dumps(marks).encode())


def _mark(file: Path) -> list[int]:
    """Return what changes when a file is written or replaced."""
    facts = file.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ino]


def _damage(file: Path, expected: FileDigest, known: dict[str, list[int]]) -> str | None:
    """Say what is wrong with a file, None when it is whole."""
    if not file.is_file():
        return "is missing"
    if known.get(expected.name) == _mark(file):
        return None
    if file.stat().st_size != expected.num_bytes:
        return f"has {file.stat().st_size} bytes instead of {expected.num_bytes}"
    return None if sha256_of(file) == expected.sha256 else "has changed (sha256)"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
