"""A folder of clean pictures of one's own, with or without a folder per split.

    train/ validation/ test/      these folders decide where there are any; each needs a picture
    *.png, also in subfolders     otherwise every picture is drawn into a split by its name

The draw is the picture's own: sha256 of its path within the folder, as a number in [0, 1). Adding a
picture therefore moves no other one. The only exception are folders so small that a split would be
empty: it borrows the picture that is nearest to its range, until it has one of its own.
"""

import hashlib
from bisect import bisect_left
from operator import attrgetter
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from components import sources
from components.datasets.layout import by_split, has_splits, pictures
from components.errors import DatasetError
from components.parts import PartParams
from components.sources import SPLITS, Found, Split

# Names of folders that say "this is a split" in other layouts; mixing them up would spoil the test.
_SPLIT_LIKE = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


class Params(PartParams):
    """Parameters of the folder of pictures; the shares matter only without a folder per split."""

    name: Literal["folder"] = "folder"
    validation: float = Field(default=0.1, gt=0, lt=1, description="share of the pictures")
    test: float = Field(
        default=0.1, gt=0, lt=1, description="share of the pictures; train: the rest"
    )

    @model_validator(mode="after")
    def _leaves_some_for_training(self) -> Self:
        if self.validation + self.test >= 1:
            raise PydanticCustomError("shares", "validation + test must stay below 1")
        return self


class Source(sources.Source):
    """Reads a folder of clean pictures."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def find(self, folder: Path) -> list[Found]:
        """List every picture, sorted by path.

        Raises:
            DatasetError: the folder is missing, holds other files, or has too few pictures for its
                splits.
        """
        groups = by_split(folder, SPLITS) if has_splits(folder, SPLITS) else self._draw(folder)
        found = [Found(path, split) for split, paths in groups.items() for path in paths]
        return sorted(found, key=attrgetter("gt"))

    def _draw(self, folder: Path) -> dict[Split, list[Path]]:
        """Cut the pictures, in the order of their numbers, into test, validation and train."""
        numbered = sorted((_number(path, folder), path) for path in _unsplit(folder))
        numbers, paths = [number for number, _ in numbered], [path for _, path in numbered]
        validation, test = self.params.validation, self.params.test
        if len(paths) < len(SPLITS):
            raise DatasetError(
                f"{folder}: {', '.join(SPLITS)} need at least one picture each, "
                f"there are {len(paths)} in all"
            )
        first = _between(bisect_left(numbers, test), 1, len(paths) - 2)
        second = _between(bisect_left(numbers, test + validation), first + 1, len(paths) - 1)
        return {"test": paths[:first], "validation": paths[first:second], "train": paths[second:]}


def _unsplit(folder: Path) -> list[Path]:
    """List the pictures; refuse a folder that looks like a split where none can be."""
    found = pictures(folder)
    for path in found:
        for part in path.relative_to(folder).parts[:-1]:
            if part.lower() in _SPLIT_LIKE:
                raise DatasetError(
                    f"{path}: {part!r} looks like a split, but splits are the folders"
                    f" {', '.join(SPLITS)} directly in {folder}; move or rename it"
                )
    return found


def _number(path: Path, folder: Path) -> float:
    """Give a picture its number in [0, 1)."""
    name = path.relative_to(folder).as_posix()
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _between(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
