"""The digest that DVC gives a folder, computed without DVC.

It is the md5 of the JSON list of (md5, path) of all files, sorted by path, with `.dir` at its end.
DVC skips some entries of a folder in silence; where pictures could get lost that way, this module
refuses the folder instead.

Source: DVC 3's `.dvc/cache/files/md5/<2>/<30>.dir`; the tests compare with what `dvc add` writes.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, NoReturn

from pathspec import GitIgnoreSpec

from components.errors import DatasetError

# What DVC leaves out of every folder, whatever .dvcignore says.
_NEVER_DATA = (".hg/", ".git/", ".git")


class Rule(NamedTuple):
    """One line of `.dvcignore`.

    Attributes:
        regex: Matches paths relative to the checkout, from their start; folders end in `/`.
        ignore: Whether a match is left out of the data; False for a line that starts with `!`.
        folders_only: Whether files do not match.
    """

    regex: re.Pattern[str]
    ignore: bool
    folders_only: bool


def tree_digest(folder: Path) -> str:
    """Digest a folder as `dvc add` does.

    Args:
        folder: As for `tree_listing`.

    Returns:
        32 hexadecimal digits and `.dir`.

    Raises:
        DatasetError: as `tree_listing` does.
    """
    return digest_of_listing(tree_listing(folder))


def digest_of_listing(listing: dict[str, str]) -> str:
    """Digest a listing.

    Args:
        listing: Path -> md5, in any order.

    Returns:
        32 hexadecimal digits and `.dir`.

    Example:
        >>> digest_of_listing({})  # md5 of "[]"
        'd751713988987e9331980363e24189ce.dir'
    """
    rows = [{"md5": md5, "relpath": path} for path, md5 in sorted(listing.items())]
    return hashlib.md5(json.dumps(rows).encode(), usedforsecurity=False).hexdigest() + ".dir"


def tree_listing(folder: Path) -> dict[str, str]:
    """Digest every file that belongs to the data.

    Args:
        folder: The data folder; the `.dvcignore` beside it says which files are no data.

    Returns:
        Path relative to `folder` -> md5 of the bytes, sorted by path. Empty folders leave no trace.

    Raises:
        DatasetError: the folder or a file cannot be read, or as `tree_paths` does.
    """
    paths = sorted(tree_paths(folder))
    with ThreadPoolExecutor() as pool:  # md5 runs outside the interpreter's lock
        return dict(zip(paths, pool.map(_md5_of, (folder / path for path in paths)), strict=True))


def tree_paths(folder: Path) -> Iterator[str]:
    """Find the files that belong to the data, without reading them.

    Args:
        folder: As for `tree_listing`.

    Yields:
        Paths relative to `folder`, with `/`, in no order.

    Raises:
        DatasetError: the folder cannot be read, or holds what DVC cannot record or would leave out in
            silence: a link to a folder, another DVC checkout, a name that is not UTF-8.
    """
    rules = _rules(folder)
    for where, folders, files in os.walk(folder, onerror=_refuse_unreadable):
        inside = Path(where).relative_to(folder)
        within_root = (folder.name / inside).as_posix()  # rules are relative to folder's parent
        _refuse_marks_of_dvc(Path(where), {*folders, *files})
        folders[:] = [name for name in folders if not _ignored(rules, f"{within_root}/{name}/")]
        for name in folders:
            _refuse_link(Path(where, name))
        for name in files:
            if not _ignored(rules, f"{within_root}/{name}"):
                _refuse_irregular(Path(where, name))
                yield (inside / name).as_posix()


def _rules(folder: Path) -> list[Rule]:
    """Read the rules, the last first: it outranks those before it."""
    file = folder.parent / ".dvcignore"
    own = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    lines = [*_NEVER_DATA, *(line.strip() for line in own if line.strip())]
    patterns = GitIgnoreSpec.from_lines(lines).patterns
    return [
        Rule(pattern.regex, ignore=bool(pattern.include), folders_only=line.endswith("/"))
        for line, pattern in zip(lines, patterns, strict=True)
        if pattern.regex is not None  # a comment
    ][::-1]


def _ignored(rules: list[Rule], path: str) -> bool:
    """Ask the rules as DVC asks them; `!` lets folders in again in cases where git's would not."""
    for rule in rules:
        if path.endswith("/"):
            matches = rule.regex.match(path) or rule.regex.match(path.rstrip("/"))
        else:
            matches = None if rule.folders_only else rule.regex.match(path)
        if matches:
            return rule.ignore
    return False


def _md5_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, _new_md5).hexdigest()
    except OSError as error:
        _refuse_unreadable(error, file)


def _new_md5() -> "hashlib._Hash":
    return hashlib.md5(usedforsecurity=False)


def _refuse_unreadable(error: OSError, file: Path | None = None) -> NoReturn:
    raise DatasetError(
        f"{file or error.filename}: cannot be read: {error.strerror or error}"
    ) from error


def _refuse_marks_of_dvc(folder: Path, names: set[str]) -> None:
    if ".dvcignore" in names:
        raise DatasetError(
            f"{folder / '.dvcignore'}: DVC allows none inside the data; move its rules to the "
            f".dvcignore at the top of the checkout"
        )
    if ".dvc" in names:
        raise DatasetError(
            f"{folder / '.dvc'}: another DVC checkout; DVC would leave {folder} out of the version"
        )


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise DatasetError(
            f"{folder}: is a link to a folder; DVC would leave it out of the version, put the "
            f"files themselves there"
        )


def _refuse_irregular(file: Path) -> None:
    if not file.is_file():
        raise DatasetError(f"{file}: is not a file (a broken link, a pipe or a device)")
    try:
        os.fspath(file).encode()
    except UnicodeEncodeError:
        raise DatasetError(f"{os.fsencode(file)!r}: the name is not UTF-8") from None
