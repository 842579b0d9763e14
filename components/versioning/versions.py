"""Which version of the data is in `data/`: `data.dvc` says which it should be.

Reading asks no other program. Writing is done by `dvc` and `git`; nothing is written outside the
checkout.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from components.errors import DatasetError, VersionError
from components.parts import Strict
from components.versioning.objects import Objects
from components.versioning.programs import run_dvc, run_git
from components.versioning.setup import set_up
from components.versioning.tree import digest_of_listing, tree_listing, tree_paths

FOLDER = "data"
POINTER = "data.dvc"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What `data.dvc` says.

    Attributes:
        digest: md5 of the folder's listing, ends in `.dir`.
        num_files: Files in the recorded version.
        num_bytes: Their sizes together.
    """

    digest: str
    num_files: int
    num_bytes: int


@dataclass(frozen=True, slots=True)
class Status:
    """How `data/` stands to the recorded version.

    Attributes:
        recorded: Digest in `data.dvc`; None when nothing is recorded.
        current: Digest of `data/` now; None when there is no `data/`.
        listing_known: Whether the recorded version's list of files is at hand; without it the three
            lists are empty and say nothing.
        added: Files that the recorded version lacks, relative to `data/`, sorted.
        modified: Files with other bytes.
        deleted: Files that `data/` lacks.
    """

    recorded: str | None
    current: str | None
    listing_known: bool
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether `data/` is the recorded version, byte for byte."""
        return self.current is not None and self.current == self.recorded

    @property
    def missing(self) -> bool:
        """Whether there is no `data/`."""
        return self.current is None


@dataclass(frozen=True, slots=True)
class Committed:
    """What `commit` did.

    Attributes:
        old: Digest recorded before; None when nothing was.
        new: Digest recorded now.
        git_commit: Id of the commit made; None without git, or when git had it already.
    """

    old: str | None
    new: str
    git_commit: str | None

    @property
    def changed(self) -> bool:
        """Whether a new version was recorded."""
        return self.old != self.new


def recorded(root: Path) -> Recorded | None:
    """Read `data.dvc`; None when there is none.

    Args:
        root: The checkout.

    Raises:
        VersionError: the file cannot be read, holds an unresolved merge, or is not what DVC 3 writes
            for the folder `data`.
    """
    file = root / POINTER
    try:
        return parse(file.read_text(encoding="utf-8"), str(file))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise VersionError(f"{file}: cannot be read: {error}") from error


def parse(text: str, file: str) -> Recorded:
    """Read the text of a `data.dvc`.

    Args:
        text: As DVC 3 writes it.
        file: Where it comes from, for errors.

    Raises:
        VersionError: as `recorded` does.
    """
    _refuse_merge(file, text)
    try:
        (out,) = _Pointer.model_validate(YAML(typ="safe", pure=True).load(text)).outs
    except MarkedYAMLError as error:
        where = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise VersionError(f"{file}{where}: is not YAML: {error.problem}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the top"
        raise VersionError(f"{file}: {key}: {first['msg']} (DVC 3 writes this file)") from error
    return Recorded(out.md5, out.nfiles, out.size)


def status(root: Path) -> Status:
    """Compare `data/` with the recorded version.

    Args:
        root: The checkout.

    Raises:
        DatasetError: as `tree_listing` does.
        VersionError: as `recorded` does.
    """
    pointer = recorded(root)
    folder = root / FOLDER
    now = tree_listing(folder) if folder.exists() else {}
    current = digest_of_listing(now) if folder.exists() else None
    if pointer is None:
        return Status(None, current, listing_known=True, added=tuple(now))
    then = now if pointer.digest == current else Objects(root).listing(pointer.digest)
    if then is None:
        return Status(pointer.digest, current, listing_known=False)
    return Status(
        pointer.digest,
        current,
        listing_known=True,
        added=tuple(path for path in now if path not in then),
        modified=tuple(path for path in now if then.get(path, now[path]) != now[path]),
        deleted=tuple(path for path in then if path not in now),
    )


def commit(root: Path, message: str, *, wait_seconds: float = 60.0) -> Committed:
    """Record `data/` as a new version, with DVC and, in a git checkout, with git.

    Only `data.dvc` and what DVC needed for it go into the git commit, whatever else is staged. A
    folder is a git checkout when `.git` is in it, so that no repository above it is written to.

    Args:
        root: The checkout. DVC is set up in it when it is not.
        message: Of the git commit.
        wait_seconds: How long to wait for another DVC process.

    Raises:
        DatasetError: `data/` is missing or empty, or as `tree_listing` does.
        VersionError: DVC or git failed; the message says whether `data.dvc` is written.
    """
    old = recorded(root)
    if not list(tree_paths(root / FOLDER)):
        raise DatasetError(f"{root / FOLDER}: holds no file; an empty folder is not recorded")
    made = set_up(root, wait_seconds)
    rules = _bytes_of(root / ".gitignore")
    run_dvc(root, "add", "--no-relink", FOLDER, wait_seconds=wait_seconds)
    if _bytes_of(root / ".gitignore") != rules:
        made.append(".gitignore")
    new = recorded(root)
    if new is None:
        raise VersionError(f"{root / POINTER}: dvc add wrote none")
    try:
        git_commit = _commit_to_git(root, [POINTER, *made], message)
    except VersionError as error:
        raise VersionError(f"{POINTER} is written, but not committed: {error}") from error
    return Committed(old.digest if old else None, new.digest, git_commit)


def adopt(root: Path, *, wait_seconds: float = 60.0) -> bool:
    """Put `data/` into DVC's cache when it is the recorded version and the cache lacks it.

    `data.dvc` and `data/` keep their bytes and permissions. On file systems that can, the cache
    shares the blocks (reflink); elsewhere it is a copy. Hard links are not used: they would make
    `data/` read-only, or an edit in it an edit of the recorded version.

    Args:
        root: The checkout.
        wait_seconds: How long to wait for another DVC process.

    Returns:
        Whether anything was missing from the cache.

    Raises:
        DatasetError: as `tree_listing` does.
        VersionError: nothing is recorded, `data/` is another version, or DVC failed.
    """
    pointer = recorded(root)
    if pointer is None:
        raise VersionError(f"{root / POINTER}: missing; no version is recorded yet")
    files = tree_listing(root / FOLDER)
    if digest_of_listing(files) != pointer.digest:
        raise VersionError(
            f"{root / FOLDER}: is {digest_of_listing(files)}, not the recorded {pointer.digest}"
        )
    if Objects(root).has((pointer.digest, *files.values())):
        return False
    set_up(root, wait_seconds)
    before = (root / POINTER).read_bytes()
    # Without --force DVC refuses to record other bytes, should data/ change meanwhile.
    run_dvc(root, "commit", "--no-relink", POINTER, wait_seconds=wait_seconds)
    if (root / POINTER).read_bytes() != before:  # DVC lays a file edited by hand out anew
        (root / POINTER).write_bytes(before)
    return True


def take_out(root: Path, digest: str, target: Path) -> bool:
    """Lay out a version of the data in a folder of its own, from DVC's cache.

    Args:
        root: The checkout; its `data/` and `data.dvc` are left alone.
        digest: Of the version, ends in `.dir`; need not be the recorded one.
        target: Made by this. The files are copies, and their digests are not checked.

    Returns:
        False, with nothing made, when the cache lacks the version's listing or one of its files.
    """
    objects = Objects(root)
    listing = objects.listing(digest)
    if listing is None or not objects.has(listing.values()):
        return False
    for path, md5 in listing.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(objects.path(md5), target / path)
    return True


class _Out(Strict, extra="ignore"):
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}\.dir$")]
    size: int
    nfiles: int
    hash: Literal["md5"]  # DVC 2 wrote none, and digested text files in another way
    path: Literal["data"]


class _Pointer(Strict, extra="ignore"):
    outs: Annotated[list[_Out], Field(min_length=1, max_length=1)]


def _refuse_merge(file: str, text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            raise VersionError(
                f"{file}:{number}: holds an unresolved merge ({line}); keep one side, then run "
                f"`dvc checkout {POINTER}`"
            )


def _bytes_of(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _commit_to_git(root: Path, paths: list[str], message: str) -> str | None:
    """Commit these paths and nothing else; None without git, or when there is nothing to commit."""
    if not (root / ".git").exists():
        return None
    if not run_git(root, "status", "--porcelain", "--ignored", "--", *paths):
        return None
    run_git(root, "add", "--", *paths)
    run_git(root, "commit", "--quiet", "--message", message, "--", *paths)
    return run_git(root, "rev-parse", "HEAD")
