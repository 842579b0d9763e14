"""Which files of a data folder are pictures, and in which split's folder each lies.

    train/ validation/ test/      pictures inside, at any depth

Hidden files and folders, what file browsers leave behind, and the texts README and LICENSE are
passed over. Whatever else is there is refused: nobody misses a picture left out in silence.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from components.errors import DatasetError

S = TypeVar("S", bound=str)

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")

_PASSED_OVER = re.compile(
    r"thumbs\.db|desktop\.ini|(readme|licen[cs]e)[^.]*(\.(md|rst|txt))?", re.IGNORECASE
)


def pictures(folder: Path) -> list[Path]:
    """List the pictures of a folder, at any depth, sorted.

    Raises:
        DatasetError: there is no such folder, or in it is a file that is neither a picture nor
            passed over, or a link that leads out of the folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such data folder")
    return [path for path in sorted(folder.rglob("*")) if _is_picture(path, folder)]


def has_splits(folder: Path, splits: Sequence[str]) -> bool:
    """Tell whether a folder has at least one of the splits' folders."""
    return any((folder / split).is_dir() for split in splits)


def by_split(folder: Path, splits: Sequence[S]) -> dict[S, list[Path]]:
    """List the pictures of each split's folder.

    Args:
        folder: The data folder.
        splits: Names of the splits, which are those of their folders.

    Raises:
        DatasetError: a picture lies outside the splits' folders, or a split has none; and as
            `pictures`.
    """
    tops = {path: path.relative_to(folder).parts[0] for path in pictures(folder)}
    for path, top in tops.items():
        if top not in splits:
            raise DatasetError(f"{path}: is in no split; they are {', '.join(splits)} in {folder}")
    groups = {split: [path for path, top in tops.items() if top == split] for split in splits}
    if not all(groups.values()):
        counts = ", ".join(f"{len(paths)} in {split}" for split, paths in groups.items())
        raise DatasetError(
            f"{folder}: {', '.join(splits)} need at least one picture each, there are {counts}"
        )
    return groups


def _is_picture(path: Path, folder: Path) -> bool:
    """Tell a picture from what is passed over; refuse the rest."""
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return False
    if path.is_symlink() and not (
        path.is_file() and path.resolve().is_relative_to(folder.resolve())
    ):
        raise DatasetError(f"{path}: a link must lead to a file inside {folder}")
    if path.is_dir() or _PASSED_OVER.fullmatch(path.name):
        return False
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        return True
    raise DatasetError(f"{path}: is not a picture; pictures end in {', '.join(SUFFIXES)}")
