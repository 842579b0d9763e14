"""Every version of the data that git knows, and which of them a name means.

A version belongs to each commit that changed `data.dvc`, on any branch, and to the file in the work tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.errors import VersionError
from components.versioning.programs import run_git
from components.versioning.versions import POINTER, Recorded, parse, recorded

_DIGEST = re.compile(r"[0-9a-f]{6,32}(\.dir)?")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of `data.dvc`.

    Attributes:
        recorded: What it says.
        commit: Id of the commit that brought it; empty for one that is not committed.
        date: When that was, as ISO 8601; empty for one that is not committed.
        tags: Every tag whose `data.dvc` says the same, sorted.
    """

    recorded: Recorded
    commit: str = ""
    date: str = ""
    tags: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The version's own name, ends in `.dir`."""
        return self.recorded.digest


def versions(root: Path) -> list[Version]:
    """List the versions, the newest first.

    Args:
        root: The checkout; without git there is only what `data.dvc` says now.

    Returns:
        One a commit, so a version that was gone back to is there twice. Commits whose `data.dvc`
        DVC 3 did not write are left out.

    Raises:
        VersionError: git failed, or `data.dvc` is not what DVC 3 writes.
    """
    now = recorded(root)
    known = list(_committed(root)) if _has_commits(root) else []
    if now is None or now.digest in {version.digest for version in known}:
        return known
    return [Version(now), *known]


def find(root: Path, revision: str) -> Recorded:
    """Find the version that a name means.

    Args:
        root: The checkout.
        revision: A tag, branch or commit of git; or the version's digest, whole or its first six or
            more digits. A whole digest need not be in git's history.

    Raises:
        VersionError: there is no such version, or more than one.
    """
    found = {version.recorded for version in versions(root) if _is_digest(revision, version)}
    found |= _at_commit(root, revision)
    digests = sorted({candidate.digest for candidate in found})
    if len(digests) > 1:
        raise VersionError(f"{revision!r} means more than one version: {', '.join(digests)}")
    if found:
        return found.pop()
    if re.fullmatch(r"[0-9a-f]{32}(\.dir)?", revision):
        return Recorded(f"{revision.removesuffix('.dir')}.dir", 0, 0)
    raise VersionError(
        f"{revision!r} is no version of the data: it is neither a tag, branch or commit with "
        f"{POINTER}, nor the beginning of a digest; `restill data versions` lists them"
    )


def _has_commits(root: Path) -> bool:
    return (root / ".git").exists() and bool(run_git(root, "rev-list", "--all", "--max-count=1"))


def _committed(root: Path) -> Iterator[Version]:
    states = list(_states(root))
    texts = _blobs(root, {blob for _, _, blob in states})
    tags = _tags(root)
    for commit, date, blob in states:
        said = _read(texts[blob], f"{POINTER} in commit {commit[:10]}")
        if said is not None:
            yield Version(said, commit, date, tuple(sorted(tags.get(blob, []))))


def _states(root: Path) -> Iterator[tuple[str, str, str]]:
    """Yield commit, date and blob of each change of `data.dvc` on any branch, the newest first."""
    form = ("--date-order", "--raw", "--no-abbrev", "--no-renames", "--format=%H %cI")
    said = run_git(root, "log", "--all", "--full-history", *form, "--", POINTER)
    commit = date = ""
    for line in filter(None, said.splitlines()):
        if not line.startswith(":"):
            commit, date = line.split()
        elif (blob := line.split()[3]).strip("0"):  # nothing but 0 where the file was removed
            yield commit, date, blob


def _blobs(root: Path, names: set[str]) -> dict[str, str]:
    """Read objects of git."""
    asked = sorted(names)
    if not asked:
        return {}
    said = (run_git(root, "cat-file", "--batch", given="\n".join(asked)) + "\n").encode()
    texts = {}
    for name in asked:
        header, _, rest = said.lstrip(b"\n").partition(b"\n")
        length = int(header.split()[2])  # in bytes
        texts[name], said = rest[:length].decode(errors="replace"), rest[length:]
    return texts


def _tags(root: Path) -> dict[str, list[str]]:
    """Map the blob of `data.dvc` -> the tags that have it."""
    names = run_git(root, "for-each-ref", "refs/tags", "--format=%(refname:short)").splitlines()
    if not names:
        return {}
    asked = "\n".join(f"refs/tags/{name}:{POINTER}" for name in names)
    said = run_git(root, "cat-file", "--batch-check=%(objectname)", given=asked).splitlines()
    tags: dict[str, list[str]] = {}
    for name, blob in zip(names, said, strict=True):
        tags.setdefault(blob, []).append(name)
    return tags


def _is_digest(revision: str, version: Version) -> bool:
    return bool(_DIGEST.fullmatch(revision)) and version.digest.startswith(revision)


def _at_commit(root: Path, revision: str) -> set[Recorded]:
    """Return what `data.dvc` says at a commit, nothing when there is no such commit or file."""
    if not _has_commits(root) or re.search(r"\s|\A-|\A\Z", revision):
        return set()
    spec = f"{revision}^{{commit}}:{POINTER}"
    blob = run_git(root, "cat-file", "--batch-check=%(objectname) %(objecttype)", given=spec)
    name, _, kind = blob.rpartition(" ")
    if kind != "blob":
        return set()
    return {parse(_blobs(root, {name})[name], f"{POINTER} at {revision}")}


def _read(text: str, file: str) -> Recorded | None:
    try:
        return parse(text, file)
    except VersionError:
        return None  # of DVC 2, or of another folder: no version that this project can use
