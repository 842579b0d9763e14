"""A folder of clean pictures of one's own, with or without a folder per split.

    train/ validation/ test/      these folders decide where there are any; each needs a picture
    *.png, also in subfolders     otherwise every picture is drawn into a split by its path

The draw is the picture's own (`components/datasets/layout.py`): adding a picture moves no other one.
"""

from operator import attrgetter
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from components import sources
from components.datasets.layout import Fault, by_split, draw, has_splits, sweep
from components.parts import PartParams
from components.sources import SPLITS, Found, Split, Survey

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

    def survey(self, folder: Path) -> Survey:
        """List every picture; faults are files of other kinds, and too few pictures."""
        if not has_splits(folder, SPLITS):
            return self._draw(folder)
        groups = by_split(folder, SPLITS)
        found = [Found(path, split) for split, paths in groups.pictures.items() for path in paths]
        return Survey(tuple(sorted(found, key=attrgetter("gt"))), groups.faults)

    def _draw(self, folder: Path) -> Survey:
        """Draw every picture into a split by its path within the folder."""
        swept = sweep(folder)
        faults = [*swept.faults, *_split_like(swept.pictures, folder)]
        if len(swept.pictures) < len(SPLITS) and not faults:
            rule = (
                f"{', '.join(SPLITS)} need at least one picture each, "
                f"there are {len(swept.pictures)} in all"
            )
            faults.append(Fault(folder, rule))
        shares: dict[Split, float] = {
            "test": self.params.test,
            "validation": self.params.validation,
        }
        names = {path.relative_to(folder).as_posix(): path for path in swept.pictures}
        drawn = draw(names, shares, rest="train")
        found = tuple(Found(path, drawn[name]) for name, path in names.items())
        return Survey(found, tuple(faults))


def _split_like(paths: tuple[Path, ...], folder: Path) -> list[Fault]:
    """Find folders that look like a split where none can be."""
    return [
        Fault(
            path,
            f"{part!r} looks like a split, but splits are the folders {', '.join(SPLITS)}"
            f" directly in {folder}; move or rename it",
        )
        for path in paths
        for part in path.relative_to(folder).parts[:-1]
        if part.lower() in _SPLIT_LIKE
    ]
