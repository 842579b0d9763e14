"""The remote of a checkout: send versions there, and bring the recorded one into `data/`.

An interrupted push or pull is gone on with by the same command. Neither can lose a picture: what is sent
or received is written whole or not at all, and a pull changes no file in `data/` whose bytes are not kept
in DVC's cache.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from components.errors import VersionError
from components.versioning import exchange, history
from components.versioning.objects import Objects
from components.versioning.programs import run_dvc
from components.versioning.setup import set_up
from components.versioning.tree import tree_listing
from components.versioning.versions import FOLDER, POINTER, Recorded, adopt, recorded, status

NAME = "storage"
"""What `set_remote` calls the remote."""

_SHOWN = 5
# DVC writes a file in data/ under such a name first; one that was killed leaves it there.
_LEFT_BY_DVC = re.compile(r"\.[\w-]{22}\.tmp")


@dataclass(frozen=True, slots=True)
class Pushed:
    """What `push` did.

    Attributes:
        remote: Where to, in words.
        sent: Digests of the versions that are there now, the newest first.
        skipped: Digests of those that DVC's cache does not hold whole, so nobody can send them here.
    """

    remote: str
    sent: tuple[str, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pulled:
    """What `pull` did.

    Attributes:
        digest: Of the recorded version, which `data/` is now.
        changed: Files in `data/` that were written or removed.
    """

    digest: str
    changed: int


def set_remote(root: Path, url: str, *, endpoint: str = "", wait_seconds: float = 60.0) -> None:
    """Name the place where versions are kept; it becomes DVC's default remote.

    Args:
        root: The checkout. DVC is set up in it when it is not.
        url: `s3://bucket/prefix`, another address that DVC knows, or a folder.
        endpoint: Address of the S3 server; empty for Amazon's.
        wait_seconds: How long to wait for another DVC process.

    Raises:
        VersionError: DVC failed.
    """
    set_up(root, wait_seconds)
    place = url if re.match(r"\w+://", url) else str(Path(url).expanduser().resolve())
    run_dvc(root, "remote", "add", "--force", "--default", NAME, place, wait_seconds=wait_seconds)
    if endpoint:
        run_dvc(root, "remote", "modify", NAME, "endpointurl", endpoint, wait_seconds=wait_seconds)


def push(root: Path, *, every: bool = False, wait_seconds: float = 60.0) -> Pushed:
    """Send the recorded version to the remote.

    Args:
        root: The checkout.
        every: Send every version that git knows.
        wait_seconds: How long to wait for another DVC process.

    Raises:
        DatasetError: as `tree_listing` does.
        VersionError: nothing is recorded, neither DVC's cache nor `data/` holds the recorded version,
            or the remote did not take it.
    """
    pointer = _need_recorded(root)
    objects = Objects(root)
    remote = exchange.remote_of(root, "nothing can be pushed")
    if not objects.whole(pointer.digest):
        _fill_cache(root, pointer, wait_seconds)
    digests = [pointer.digest]
    if every:
        digests += [version.digest for version in history.versions(root)]
    known = list(dict.fromkeys(digests))
    sent = tuple(digest for digest in known if objects.whole(digest))
    exchange.push(root, sent)
    return Pushed(str(remote), sent, tuple(digest for digest in known if digest not in sent))


def pull(root: Path, *, wait_seconds: float = 60.0) -> Pulled:
    """Make `data/` the version in `data.dvc`; what DVC's cache lacks is fetched from the remote.

    Args:
        root: The checkout. DVC is set up in it when it is not.
        wait_seconds: How long to wait for another DVC process.

    Raises:
        DatasetError: as `tree_listing` does.
        VersionError: nothing is recorded; the remote is missing, did not answer or lacks something; a
            file in DVC's cache is damaged; or the pull would lose files of `data/` that no version
            holds, which are named.
    """
    pointer = _need_recorded(root)
    folder = root / FOLDER
    set_up(root, wait_seconds)
    if folder.exists():
        _remove_leftovers(folder)
        if status(root).clean:
            adopt(root, wait_seconds=wait_seconds)
            return Pulled(pointer.digest, changed=0)
    exchange.fetch(root, pointer.digest)
    changed = _changes(root, pointer)
    run_dvc(root, "checkout", POINTER, wait_seconds=wait_seconds)
    return Pulled(pointer.digest, changed)


def _need_recorded(root: Path) -> Recorded:
    pointer = recorded(root)
    if pointer is None:
        raise VersionError(f"{root / POINTER}: missing; no version is recorded yet")
    return pointer


def _fill_cache(root: Path, pointer: Recorded, wait_seconds: float) -> None:
    """Take the recorded version into the cache from `data/`, where that is the recorded version."""
    if not status(root).clean:
        raise VersionError(
            f"{root / FOLDER}: is not the recorded {pointer.digest}, and DVC's cache lacks a part of "
            "that; `restill data pull` brings it back, `restill data commit` records what is there"
        )
    adopt(root, wait_seconds=wait_seconds)


def _remove_leftovers(folder: Path) -> None:
    """Remove what a DVC that was killed left half written; it would be taken for a new picture."""
    for file in folder.rglob(".*.tmp"):
        if _LEFT_BY_DVC.fullmatch(file.name):
            file.unlink()


def _changes(root: Path, pointer: Recorded) -> int:
    """Count the files that a pull writes or removes; refuse to lose any."""
    objects = Objects(root)
    then = objects.listing(pointer.digest) or {}
    now = tree_listing(root / FOLDER) if (root / FOLDER).exists() else {}
    gone = {path: md5 for path, md5 in now.items() if then.get(path) != md5}
    lost = [path for path, md5 in gone.items() if not objects.has([md5])]
    if lost:
        raise VersionError(
            f"{root / FOLDER}: {_some(lost)} would be lost, for no version holds these bytes; "
            "`restill data commit` records them, or move them away; nothing has changed"
        )
    new = {path: md5 for path, md5 in then.items() if now.get(path) != md5}
    for md5 in new.values():
        objects.verify(md5)  # DVC would lay out a damaged one
    return len(gone.keys() | new.keys())


def _some(names: Iterable[str]) -> str:
    paths = list(names)
    rest = len(paths) - _SHOWN
    return ", ".join(paths[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
