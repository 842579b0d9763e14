"""The bin of sources: one file per layout that pictures have on disk.

A source file holds:
    its docstring   the first line describes it; the rest draws the layout
    Params          its own parameters, a `PartParams`
    Source          a subclass of `Source` below, built as `Source(params)`
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True, slots=True)
class Found:
    """One picture of a data set.

    Attributes:
        gt: Its file, inside the data folder.
        split: What it may be used for; a picture is in one split only.
        lq: Its degraded mate, where the set brings one; None where degradations are drawn.
    """

    gt: Path
    split: Split
    lq: Path | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a picture, and on what terms it may be used."""

    name: str
    author: str
    licence: str


class Source(ABC):
    """Reads one layout."""

    @abstractmethod
    def find(self, folder: Path) -> list[Found]:
        """List every picture of the set, sorted by path.

        Raises:
            DatasetError: the folder breaks the layout; the message names the file and the rule.
        """

    def materialise(self, folder: Path) -> bool:  # noqa: ARG002 - the contract
        """Make the data folder where the set can be had without a download.

        Returns:
            True when the folder was made, False when this source cannot make it.
        """
        return False

    def credits(self) -> tuple[Credit, ...]:
        """Say whose pictures these are, where the source knows."""
        return ()
