"""Where work lives: `<root>/<station>/<content key>/`, with the record written last.

A folder without its record does not exist. A record counts only while every file that it names is
there with its size and sha256.
"""

import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError

from components.artifacts import FileDigest, Record, name_of
from components.errors import StoreError
from components.keys import Key
from components.parts import Strict

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)

RECORD = "record.json"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """A step's record, and whether it had to be made."""

    record: R
    reused: bool


class _Entry(Strict, ser_json_inf_nan="constants"):  # a record may hold an infinite PSNR
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
            make: Called with the empty work folder; writes the files and returns the record.

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
                if folder.exists():
                    shutil.rmtree(folder)
                folder.mkdir(parents=True)
                record = make(folder)
                _write_record(folder, key, record)
        except OSError as error:
            raise StoreError(f"{error.filename or folder}: {error.strerror or error}") from error
        log.info("%s %s: made", key.station, key.digest[:12])
        return Outcome(record, reused=False)

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
    """Read a record and check its files; None, with a word why, when the step must be done."""
    file = folder / RECORD
    if not file.is_file():
        return None
    try:
        entry = _Entry.model_validate_json(file.read_bytes())
        record = kind.model_validate_json(json.dumps(entry.record))
    except ValidationError:
        log.warning("%s: is not a record of this version; the step is done again", file)
        return None
    if entry.key != key or record.folder != name_of(folder):
        log.warning("%s: is the record of another step; the step is done again", file)
        return None
    for expected in entry.files:
        reason = _damage(folder / expected.name, expected)
        if reason:
            log.warning("%s: %s; the step is done again", folder / expected.name, reason)
            return None
    return record


def _write_record(folder: Path, key: Key, record: Record) -> None:
    written = sorted(folder.rglob("*"))
    for path in written:
        _sync(path)  # a record on disk before its files would be a lie after a power cut
    entry = _Entry(
        key=key,
        record=record.model_dump(mode="json"),
        files=[_digest(file, folder) for file in written if file.is_file()],
    )
    write_atomically(folder / RECORD, entry.model_dump_json(indent=1).encode())


def _digest(file: Path, folder: Path) -> FileDigest:
    name = file.relative_to(folder).as_posix()
    return FileDigest(name=name, num_bytes=file.stat().st_size, sha256=sha256_of(file))


def _damage(file: Path, expected: FileDigest) -> str | None:
    """Say what is wrong with a file, None when it is whole."""
    if not file.is_file():
        return "is missing"
    if file.stat().st_size != expected.num_bytes:
        return f"has {file.stat().st_size} bytes instead of {expected.num_bytes}"
    return None if sha256_of(file) == expected.sha256 else "has changed (sha256)"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
