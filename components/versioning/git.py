"""Which code ran, and that code again: a commit, and the patch of what was not committed.

The repository is only read: neither its index nor its objects change.
"""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.errors import VersionError

NONE = "none"
SOURCES = ("components", "flows")
"""Folders whose untracked files are code as well, unless git ignores them."""

# Whatever the user's own settings say, `git apply` must be able to read it.
_FOR_APPLY = (
    "--binary",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--relative",
)


@dataclass(frozen=True, slots=True)
class Code:
    """Which code ran.

    Attributes:
        commit: Its id; "none" without git, or outside a repository that has a commit.
        branch: "HEAD" when none is checked out; empty without a commit.
        patch: What the commit lacks: changed tracked files, and new files in `SOURCES`; for
            `git apply`, with paths relative to the checkout.
    """

    commit: str
    branch: str = ""
    patch: bytes = b""

    @property
    def facts(self) -> dict[str, str]:
        """The same in words: commit, branch, and dirty, "yes" when there is a patch."""
        if self.commit == NONE:
            return {"commit": NONE}
        dirty = "yes" if self.patch else "no"
        return {"commit": self.commit, "branch": self.branch, "dirty": dirty}


def code(root: Path) -> Code:
    """Say which code is in a checkout now.

    Raises:
        VersionError: git could not tell what differs; that is not the same as no difference.
    """
    done = _run(root, ["rev-parse", "--verify", "--quiet", "HEAD"])
    if done is None or done.returncode:
        return Code(NONE)
    branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD")
    with _index_with_new_files(root) as index:
        patch = _git(root, "diff", *_FOR_APPLY, "HEAD", variables=index)
    return Code(done.stdout.decode().strip(), branch.decode().strip(), patch)


def export(root: Path, folder: Path, *, commit: str, patch: bytes = b"") -> None:
    """Lay out the files of a commit, changed by a patch, where no repository knows of them.

    Args:
        root: The checkout, whose repository holds the commit.
        folder: Made by this; may lie inside the checkout.
        commit: Its id.
        patch: As `Code` has it.

    Raises:
        VersionError: the repository lacks the commit, or the patch does not fit it.
    """
    packed = _git(root, "archive", "--format=tar", commit)
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    if patch:
        # Inside a repository, git would leave out every file that is not below the folder.
        outside = {"GIT_CEILING_DIRECTORIES": str(folder.absolute().parent)}
        _git(folder, "apply", "--whitespace=nowarn", "-", given=patch, variables=outside)


@contextmanager
def _index_with_new_files(root: Path) -> Iterator[dict[str, str]]:
    """Lend the variables of an index that knows new files too; empty where there are none."""
    new = _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *SOURCES)
    if not new:
        yield {}
        return
    index, objects = (root / _path_in_git(root, name) for name in ("index", "objects"))
    with tempfile.TemporaryDirectory() as temporary:
        lent = {
            "GIT_INDEX_FILE": f"{temporary}/index",
            "GIT_OBJECT_DIRECTORY": temporary,  # `git add` stores an empty file
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects.absolute()),
            "GIT_LITERAL_PATHSPECS": "1",
        }
        if index.is_file():
            # With its time: git takes a file for unchanged when it looks as noted, and is older.
            shutil.copy2(index, lent["GIT_INDEX_FILE"])
        names = ("--pathspec-from-file=-", "--pathspec-file-nul")
        _git(root, "add", "--intent-to-add", *names, given=new, variables=lent)
        yield lent


def _path_in_git(root: Path, name: str) -> str:
    return os.fsdecode(_git(root, "rev-parse", "--git-path", name)).rstrip("\n")


def _git(
    root: Path, *arguments: str, given: bytes = b"", variables: dict[str, str] | None = None
) -> bytes:
    """Return what git prints.

    Raises:
        VersionError: git is not installed, or failed, in its own words.
    """
    done = _run(root, list(arguments), given, variables)
    if done is None:
        raise VersionError("git: not found on this machine")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise VersionError(f"git {arguments[0]} in {root}: {said[0] if said else done.returncode}")
    return done.stdout


def _run(
    root: Path,
    arguments: list[str],
    given: bytes = b"",
    variables: dict[str, str] | None = None,
) -> "subprocess.CompletedProcess[bytes] | None":
    program = shutil.which("git")
    if program is None:
        return None
    # Inside a git hook these variables lead to another repository.
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(  # noqa: S603 - our own words, no shell
        [program, "--no-optional-locks", "-C", str(root), *arguments],
        env=inherited | (variables or {}),
        input=given,
        capture_output=True,
        check=False,
    )
