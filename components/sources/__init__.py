"""The bin of sources: one file per layout that pictures have on disk.

A source file holds:
    its docstring   the first line describes it; the rest draws the layout
    Params          its own parameters, a `PartParams`
    Source          a subclass of `Source` below, built as `Source(params)`; of `PatternSource`, where
                    names alone say what belongs to what
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Literal, Self, TypeAlias, TypeVar, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from components.datasets import layout, pairing
from components.datasets.opinions import Opinions
from components.errors import DatasetError
from components.parts import PartParams

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

Form: TypeAlias = pairing.Form[Split]
"""Where the pairs of one split lie, as templates of their paths."""

Fault: TypeAlias = layout.Fault
"""What is wrong with one file or folder: `path`, and `rule`, one sentence with the value found."""

P = TypeVar("P", bound=PartParams)

_LISTED = 5  # faults in one message


@dataclass(frozen=True, slots=True)
class Found:
    """One picture of a data set, or one pair of a set of pairs.

    Attributes:
        gt: Its file, inside the data folder; many pairs may share one.
        split: What it may be used for; a picture is in one split only.
        lq: Its degraded mate, where the set brings one; None where degradations are drawn.
        score: What people said of `lq` in a set of quality, higher is better, in the set's own unit.
        scene: What must stay in one split: the clean picture's name where many pairs share one, or
            the sequence that it was filmed in; empty where every picture is a scene of its own.
    """

    gt: Path
    split: Split
    lq: Path | None = None
    score: float | None = None
    scene: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was seen of a folder, sorted by path: what fits the layout, and what does not."""

    found: tuple[Found, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What one release of a published set holds.

    Attributes:
        counts: split -> number of pictures, or of pairs; a split that is not named is not known.
        note: Which release it is, and what is to be known of it.
    """

    counts: Mapping[Split, int]
    note: str = ""

    def misses(self, survey: Survey) -> dict[Split, int]:
        """Compare with what was found: split -> number found, for the splits that differ.

        A split that `counts` does not name was drawn from train, and counts as train. One of which
        there is no picture at all does not differ: people have the test of a set alone.
        """
        there = Counter(
            picture.split if picture.split in self.counts else "train" for picture in survey.found
        )
        return {s: there[s] for s, count in self.counts.items() if there[s] not in {0, count}}


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a picture, and on what terms it may be used."""

    name: str
    author: str
    licence: str


class Source(ABC):
    """Reads one layout."""

    @abstractmethod
    def survey(self, folder: Path) -> Survey:
        """List every picture of the set and every fault of the folder; no fault of it raises."""

    def find(self, folder: Path) -> list[Found]:
        """List every picture of the set, sorted by path.

        Raises:
            DatasetError: the folder breaks the layout; the message names the first files and rules.
        """
        survey = self.survey(folder)
        lines = [f"{fault.path}: {fault.rule}" for fault in survey.faults[:_LISTED]]
        if len(lines) == 1:
            raise DatasetError(lines[0])
        if lines:
            rest = len(survey.faults) - len(lines)
            lines += [f"and {rest} more"] if rest else []
            lines.insert(0, f"{folder}: {len(survey.faults)} faults")
            raise DatasetError("\n  ".join(lines))
        return list(survey.found)

    def expected(self) -> tuple[Expected, ...] | None:
        """Say what the known releases of the set hold; None where there are none."""
        return None

    def unpack(self, folder: Path, target: Path) -> int:  # noqa: ARG002 - the contract
        """Write the set anew with one whole picture a file, where its files are something else.

        Args:
            folder: The set as it is published; only read.
            target: A folder that does not exist.

        Returns:
            The number of pairs.

        Raises:
            DatasetError: every file of this layout is one picture already; the set has faults; or
                the target exists.
        """
        raise DatasetError(f"{folder}: every file of this layout is one picture, nothing to unpack")

    def materialise(self, folder: Path) -> bool:  # noqa: ARG002 - the contract
        """Make the data folder where the set can be had without a download.

        Returns:
            True when the folder was made, False when this source cannot make it.
        """
        return False

    def credits(self) -> tuple[Credit, ...]:
        """Say whose pictures these are, where the source knows."""
        return ()


class SetParams(PartParams):
    """What every published set with pictures for training can be told."""

    validation: float = Field(
        default=0.0, ge=0, lt=1, description="share of the training scenes drawn into validation"
    )

    @property
    def shares(self) -> dict[Split, float]:
        """Shares of the training scenes that are drawn into other splits."""
        return {"validation": self.validation} if self.validation else {}


class UnsplitParams(SetParams):
    """What a published set without pictures for testing can be told."""

    test: float = Field(
        default=0.0, ge=0, lt=1, description="share of the training scenes drawn into test"
    )

    @model_validator(mode="after")
    def _leaves_some_for_training(self) -> Self:
        if self.validation + self.test >= 1:
            raise PydanticCustomError("shares", "validation + test must stay below 1")
        return self

    @property
    def shares(self) -> dict[Split, float]:
        """Shares of the training scenes that are drawn into other splits."""
        wanted: dict[Split, float] = {"test": self.test, "validation": self.validation}
        return {split: share for split, share in wanted.items() if share}


class PatternSource(Source, Generic[P]):
    """Reads a layout that is a table of templates; `components/datasets/pairing.py` says how."""

    def __init__(self, params: P) -> None:
        self.params = params

    @abstractmethod
    def forms(self, folder: Path) -> tuple[Form, ...]:
        """List where the pictures of each split lie.

        Args:
            folder: The data folder, to look which of several forms it has; it may be missing.
        """

    def aside(self) -> tuple[str, ...]:
        """List templates of pictures that belong to the set but are not asked for."""
        return ()

    def shares(self, folder: Path) -> Mapping[Split, float]:  # noqa: ARG002 - for subclasses
        """Say which shares of the training scenes are drawn into other splits."""
        return self.params.shares if isinstance(self.params, SetParams) else {}

    def survey(self, folder: Path) -> Survey:
        """List every pair that fits the templates, and every file and pair that does not."""
        paired = pairing.pair(folder, self.forms(folder), aside=self.aside())
        training = (pair.home for pair in paired.pairs if pair.split == "train")
        drawn = layout.draw(training, self.shares(folder), rest="train")
        found = (
            Found(p.gt, drawn[p.home] if p.split == "train" else p.split, p.lq, scene=p.scene)
            for p in paired.pairs
        )
        return Survey(tuple(found), paired.faults)


class QualitySource(PatternSource[P]):
    """Reads a set of pictures with people's opinions of them; each degraded picture has a score."""

    @abstractmethod
    def opinions(self, folder: Path) -> Opinions:
        """Read the scores, by the names of the degraded pictures' files in lower case."""

    def survey(self, folder: Path) -> Survey:
        """List every pair with its score; a picture or a score alone is a fault."""
        survey, opinions = super().survey(folder), self.opinions(folder)
        mates = {f.lq.name.lower(): f for f in survey.found if f.lq}
        found = [
            replace(f, score=opinions.scores[name])
            for name, f in mates.items()
            if name in opinions.scores
        ]
        faults = [*survey.faults, *opinions.faults]
        if opinions.scores:
            alone = [f.lq for name, f in mates.items() if f.lq and name not in opinions.scores]
            faults += [Fault(path, "has no score") for path in alone]
        if mates:
            lost = opinions.scores.keys() - mates.keys()
            faults += [Fault(folder, f"scores {name}, which is not there") for name in sorted(lost)]
        return Survey(tuple(found), tuple(faults))
