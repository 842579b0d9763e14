"""Which files of a data folder are pictures, and in which split each lies.

    train/ validation/ test/      pictures inside, at any depth

Hidden files and folders, what file browsers leave behind, and the texts README and LICENSE are
passed over. Whatever else is there is refused: nobody misses a picture left out in silence.

Pictures without a folder per split are drawn into splits by their names: sha256 of a name, as a number
in [0, 1), decides. Adding a picture therefore moves no other one. The only exception are sets so small
that a split would be empty: it borrows the name nearest to its range, until it has one of its own.
"""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from components.errors import DatasetError

S = TypeVar("S", bound=str)

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")

_PASSED_OVER = re.compile(
    r"thumbs\.db|desktop\.ini|(readme|licen[cs]e)[^.]*(\.(md|rst|txt))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one file or folder.

    Attributes:
        path: Of the file or folder.
        rule: One sentence: the rule, and the value found.
    """

    path: Path
    rule: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """The pictures of a folder, sorted, and the files that may not be there."""

    pictures: tuple[Path, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Groups(Generic[S]):
    """The pictures of each split, sorted, and the files that may not be there."""

    pictures: dict[S, list[Path]]
    faults: tuple[Fault, ...]


def sweep(folder: Path) -> Sweep:
    """List the pictures of a folder, at any depth, and every file that is refused.

    A folder that is missing is a fault too.
    """
    if not folder.is_dir():
        return Sweep((), (Fault(folder, "there is no such data folder"),))
    found, faults = [], []
    for path in sorted(folder.rglob("*")):
        if _is_passed_over(path, folder):
            continue
        if rule := _broken_rule(path, folder):
            faults.append(Fault(path, rule))
        elif path.is_file():
            found.append(path)
    return Sweep(tuple(found), tuple(faults))


def pictures(folder: Path) -> list[Path]:
    """List the pictures of a folder, at any depth, sorted.

    Raises:
        DatasetError: there is no such folder, or in it is a file that is neither a picture nor
            passed over, or a link that leads out of the folder.
    """
    swept = sweep(folder)
    for fault in swept.faults:
        raise DatasetError(f"{fault.path}: {fault.rule}")
    return list(swept.pictures)


def has_splits(folder: Path, splits: Sequence[str]) -> bool:
    """Tell whether a folder has at least one of the splits' folders."""
    return any((folder / split).is_dir() for split in splits)


def by_split(folder: Path, splits: Sequence[S]) -> Groups[S]:
    """List the pictures of each split's folder.

    Args:
        folder: The data folder.
        splits: Names of the splits, which are those of their folders.

    Returns:
        Besides what `sweep` refuses, a picture outside the splits' folders is a fault, and a split
        without a picture.
    """
    swept = sweep(folder)
    groups: dict[S, list[Path]] = {split: [] for split in splits}
    tops = {folder / split: split for split in splits}
    faults = list(swept.faults)
    for path in swept.pictures:
        split = tops.get(folder / path.relative_to(folder).parts[0])
        if split is None:
            rule = f"is in no split; they are {', '.join(splits)} in {folder}"
            faults.append(Fault(path, rule))
        else:
            groups[split].append(path)
    if folder.is_dir() and not all(groups.values()):
        faults.append(Fault(folder, _too_few({name: len(paths) for name, paths in groups.items()})))
    return Groups(groups, tuple(faults))


def draw(names: Iterable[str], shares: Mapping[S, float], *, rest: S) -> dict[str, S]:
    """Draw names into splits, each by its own number.

    Args:
        names: Such as paths within the data folder; repetitions do not count.
        shares: split -> share of all names, above 0; the first takes the lowest numbers.
        rest: The split of all other names.

    Returns:
        name -> split. No split is empty, unless there are fewer names than splits: then all names
        are in `rest`.

    Example:
        >>> draw(["6.png", "7.png", "1.png"], {"test": 0.2}, rest="train")
        {'6.png': 'test', '7.png': 'test', '1.png': 'train'}
    """
    numbered = sorted((_number(name), name) for name in set(names))
    drawn = {name: rest for _, name in numbered}
    if len(numbered) <= len(shares):
        return drawn
    start, edge = 0, 0.0
    for place, (split, share) in enumerate(shares.items(), start=1):
        edge += share
        latest = len(numbered) - 1 - (len(shares) - place)  # each split to come needs a name too
        stop = min(max(bisect_left(numbered, (edge, "")), start + 1), latest)
        drawn |= {name: split for _, name in numbered[start:stop]}
        start = stop
    return drawn


def _too_few(counts: Mapping[S, int]) -> str:
    there = ", ".join(f"{count} in {split}" for split, count in counts.items())
    return f"{', '.join(counts)} need at least one picture each, there are {there}"


def _is_passed_over(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return hidden or (
        not path.is_symlink() and bool(_PASSED_OVER.fullmatch(path.name)) and not path.is_dir()
    )


def _broken_rule(path: Path, folder: Path) -> str:
    """Say why a file may not be there; empty for pictures and for folders."""
    if not _is_utf8(path.relative_to(folder).as_posix()):
        return "the name is not UTF-8; DVC could not record it"
    if path.is_symlink() and not (
        path.is_file() and path.resolve().is_relative_to(folder.resolve())
    ):
        return f"a link must lead to a file inside {folder}"
    if path.is_dir() or (path.is_file() and path.suffix.lower() in SUFFIXES):
        return ""
    return f"is not a picture; pictures end in {', '.join(SUFFIXES)}"


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(name: str) -> float:
    """Give a name its number in [0, 1)."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
