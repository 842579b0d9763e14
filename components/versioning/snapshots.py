"""Past versions of the data in folders of their own, so that a run can read any of them.

    <cache>/<digest>/data     exactly the version's files, read-only

Nothing of the checkout changes: not `data/`, not `data.dvc`, not DVC's lock. A folder is made once, beside
its place, and renamed into it when every file's digest has been verified; so it is whole, or not there.
"""

import os
import shutil
from pathlib import Path

from filelock import FileLock

from components.errors import VersionError
from components.versioning import exchange, history
from components.versioning.objects import Objects
from components.versioning.versions import FOLDER

_READ_ONLY_FILE, _READ_ONLY_FOLDER = 0o444, 0o555


def take(root: Path, revision: str, cache: Path) -> Path:
    """Lay out a version of the data, from DVC's cache and, for what that lacks, from the remote.

    Files are hard links into DVC's cache where it is on the same file system, else copies. Any number of
    processes may ask at once, for one version or for several.

    Args:
        root: The checkout.
        revision: A tag, branch or commit of git, or the version's digest, whole or its beginning.
        cache: Where versions are laid out; made when missing.

    Returns:
        The version's folder, named `data`.

    Raises:
        VersionError: there is no such version, neither DVC's cache nor the remote has all of it, a file
            in the cache is damaged, or the folder cannot be written.
    """
    digest = history.find(root, revision).digest
    data = cache / digest / FOLDER
    try:
        if not data.is_dir():
            locks = cache / ".locks"
            locks.mkdir(parents=True, exist_ok=True)
            with FileLock(
                locks / f"{digest}.lock"
            ):  # the system's own: a killed holder leaves none
                if not data.is_dir():
                    _make(root, digest, data)
    except OSError as error:
        raise VersionError(f"{error.filename or data}: {error.strerror or error}") from error
    return data


def _make(root: Path, digest: str, data: Path) -> None:
    """Fetch, lay out, and rename; the caller holds the version's lock."""
    exchange.fetch(root, digest)
    begun = data.parent.with_name(f".{digest}.begun")
    _remove(begun)  # what a killed process left
    try:
        _lay_out(Objects(root), digest, begun / FOLDER)
        _protect(begun / FOLDER)
        begun.rename(data.parent)
    except BaseException:
        _remove(begun)
        raise


def _lay_out(objects: Objects, digest: str, target: Path) -> None:
    listing = objects.listing(digest)
    if listing is None:
        raise VersionError(
            f"{objects.path(digest)}: is missing or damaged; remove it, and try again"
        )
    for folder in {(target / path).parent for path in listing} | {target}:
        folder.mkdir(parents=True, exist_ok=True)
    for path, md5 in listing.items():
        _link(objects.verify(md5), target / path)


def _link(stored: Path, file: Path) -> None:
    """Share the stored file; copy it from another file system, and past a file system's last link."""
    try:
        os.link(stored, file)
    except OSError:
        shutil.copyfile(stored, file)


def _protect(folder: Path) -> None:
    """Take the permission to write from all in a folder, and from itself."""
    for where, _, files in os.walk(folder, topdown=False):
        for name in files:
            Path(where, name).chmod(_READ_ONLY_FILE)
        Path(where).chmod(_READ_ONLY_FOLDER)


def _remove(folder: Path) -> None:
    """Remove a folder though it may be read-only."""
    for where, _, _ in os.walk(folder):
        Path(where).chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
