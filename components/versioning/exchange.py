"""Versions of the data, between DVC's cache and the remote, beside the checkout.

DVC moves what the `.dvc` files of a checkout name, under that checkout's lock. To move any version, and
several at once, this module makes a checkout for a moment: one pointer a version, the same cache, the
same remote, a lock of its own. Neither `data.dvc` nor `data/` nor the real checkout's lock takes part;
DVC writes an object into the cache whole or not at all, and skips those that are there.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from components.errors import VersionError
from components.versioning import settings
from components.versioning.objects import Objects
from components.versioning.programs import run_dvc
from components.versioning.settings import Remote

_NAME = "beside-"
_WAIT_SECONDS = 60.0  # for a lock that nobody else knows of
_SHOWN = 3


def fetch(root: Path, digest: str) -> None:
    """Bring a version into the cache; nothing is done for what is there already.

    Args:
        root: The checkout, whose cache and remote are used.
        digest: Of the version, ends in `.dir`.

    Raises:
        VersionError: there is no remote, it did not answer, or it lacks the version or one of its
            files; the message names remote and cause.
    """
    objects = Objects(root)
    if objects.whole(digest):
        return
    remote = remote_of(root, f"version {digest} is not whole in {objects.folder}")
    with _beside(root, [digest]) as folder:
        _run(folder, remote, "fetch")
    listing = objects.listing(digest)
    if listing is None:
        raise VersionError(f"{remote}: has no version {digest}")
    missing = [path for path, md5 in listing.items() if not objects.has([md5])]
    if missing:
        raise VersionError(f"{remote}: version {digest} lacks {_some(missing)}")


def push(root: Path, digests: Iterable[str]) -> None:
    """Bring versions to the remote; nothing is done for what is there already.

    Args:
        root: The checkout, whose cache and remote are used.
        digests: Of versions that are whole in the cache.

    Raises:
        VersionError: there is no remote, or it did not take them; the message names remote and cause.
    """
    remote = remote_of(root, "nothing can be pushed")
    with _beside(root, digests) as folder:
        _run(folder, remote, "push")


def on_remote(root: Path, digests: Iterable[str]) -> frozenset[str]:
    """Find out which versions the remote has.

    A version counts when its listing is there: DVC uploads it last. The listings come into the cache.

    Args:
        root: The checkout, whose cache and remote are used.
        digests: Of the versions in question.

    Raises:
        VersionError: there is no remote, or it did not answer.
    """
    asked = frozenset(digests)
    remote = remote_of(root, "there is nothing to ask")
    with _beside(root, asked) as folder:
        answer: dict[str, str] = json.loads(_run(folder, remote, "status", "--cloud", "--json"))
    objects = Objects(root)
    # DVC's "deleted" means that it is only there, "new" and "missing" that it is not.
    lacking = {Path(path).parts[0] for path, state in answer.items() if state != "deleted"}
    known = {digest for digest in asked if objects.listing(digest) is not None}
    return frozenset(known - {f"{name}.dir" for name in lacking})


def remote_of(root: Path, otherwise: str) -> Remote:
    """Return the default remote.

    Args:
        root: The checkout.
        otherwise: What follows from there being none, for the error.

    Raises:
        VersionError: there is none.
    """
    remote = settings.read(root).remote
    if remote is None:
        raise VersionError(
            f"{root / '.dvc/config'}: names no default remote, so {otherwise}; "
            "`restill data remote URL` sets one"
        )
    return remote


def _run(folder: Path, remote: Remote, *arguments: str) -> str:
    try:
        return run_dvc(folder, *arguments, wait_seconds=_WAIT_SECONDS)
    except VersionError as error:
        raise VersionError(f"{remote}: {error}") from error


@contextmanager
def _beside(root: Path, digests: Iterable[str]) -> Iterator[Path]:
    """Lend a checkout with the same cache and remote, and a pointer to each version."""
    own = settings.read(root)
    parent = root.absolute() / ".dvc/tmp"
    parent.mkdir(parents=True, exist_ok=True)
    _remove_those_of_killed(parent)
    prefix = f"{_NAME}{psutil.Process().pid}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as temporary:
        folder = Path(temporary)
        (folder / ".dvc").mkdir()
        settings.write(_beside_settings(own), folder / ".dvc/config")
        for name in (digest.removesuffix(".dir") for digest in digests):
            pointer = f"outs:\n- md5: {name}.dir\n  hash: md5\n  path: '{name}'\n"
            (folder / f"{name}.dvc").write_text(pointer)
        yield folder


def _beside_settings(own: settings.Settings) -> dict[str, dict[str, str]]:
    """Add that there is no git, where the cache is, and that what is downloaded is verified."""
    sections = own.sections | {
        "core": own.sections.get("core", {}) | {"no_scm": "true"},
        "cache": own.sections.get("cache", {}) | {"dir": str(own.cache)},
    }
    if own.remote is not None:
        name = settings.section_of(own.remote.name)
        sections[name] = own.sections[name] | {"verify": "true"}
    return sections


def _remove_those_of_killed(parent: Path) -> None:
    """Remove the folders of processes that were killed: they hold copies of secrets."""
    for folder in parent.glob(f"{_NAME}*"):
        pid = int(folder.name.removeprefix(_NAME).partition("-")[0])
        if not psutil.pid_exists(pid):
            with suppress(FileNotFoundError):  # another process does the same
                shutil.rmtree(folder)


def _some(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
