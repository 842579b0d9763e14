"""What is measured on: pictures under fixed damage, and the protocol that compares."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from components import parts
from components.artifacts import Manifest
from components.benchmarking import columns
from components.config import RecipeParams
from components.datasets import layout
from components.datasets.manifest import read_rows
from components.degradations import Degradation
from components.errors import ProtocolError
from components.keys import PACKAGE, digest_of, parts_of, source_digests
from components.metrics import Metric
from components.models import RestorationModel
from components.parts import PartParams
from components.protocols import Protocol
from components.recipes import Recipe
from components.sources import Found, Source
from components.store import Workplace, sha256_of

OWN_PAIRS = "own pairs"
"""The slice of a set that brings its own degraded pictures."""

HELD_OUT = "held out"
"""The name of a run's own suite."""

_HALF = ":half"


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a benchmark: a picture under one damage.

    Attributes:
        image: Name of the picture, unique within the suite and slice.
        slice: Name of the damage.
        gt: The ground truth's file.
        sha256: Of the ground truth's file; seeds the damage.
        degradation: gt -> lq; None where `lq` is a file.
        lq: The degraded file, or None.
    """

    image: str
    slice: str
    gt: Path
    sha256: str
    degradation: PartParams | None = None
    lq: Path | None = None

    @property
    def identity(self) -> list[Any]:
        """What makes it another case when it changes, as JSON values."""
        made = self.degradation.model_dump(mode="json") if self.degradation else None
        return [self.image, self.slice, self.sha256, made, sha256_of(self.lq) if self.lq else None]


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases, and the protocol that they are measured by.

    Attributes:
        cases: The rows.
        protocol: A part of the bin `protocols`.
        scale: Of the ground truth over the degraded picture.
        expected: Rows that the suite should have; None where nobody knows.
        half: Whether models compute in half precision; the protocol must allow it.
        beside: Metrics that are measured beside the protocol's own.
        name: What people call the pictures; of no consequence.
    """

    cases: tuple[Case, ...]
    protocol: str
    scale: int
    expected: int | None = None
    half: bool = False
    beside: tuple[PartParams, ...] = ()
    name: str = ""

    @property
    def digest(self) -> str:
        """Same digest: same pictures, damage, protocol and metrics, same code of all four."""
        instrument = type(self.instrument).__module__
        measured = columns.measured(self.protocol, self.beside)
        metrics = [parts.load("metrics", name).__name__ for name in measured]
        damage = parts_of(*(case.degradation for case in self.cases if case.degradation))
        return digest_of(
            {
                "cases": [case.identity for case in self.cases],
                "protocol": self.protocol_id,
                "beside": [columns.identity(metric) for metric in self.beside],
                "code": source_digests([f"{PACKAGE}.benchmark", instrument, *metrics, *damage]),
            }
        )

    @property
    def instrument(self) -> Protocol:
        """The protocol, set to the suite's scale.

        Raises:
            ProtocolError: it knows no such scale.
        """
        part: Any = parts.load("protocols", self.protocol)
        protocol: Protocol = part.Protocol(scale=self.scale)
        return protocol

    @property
    def protocol_id(self) -> str:
        """The id that stands beside the suite's numbers.

        Raises:
            ProtocolError: half precision is asked for, and the protocol does not allow it.
        """
        instrument = self.instrument
        if self.half and not instrument.half:
            raise ProtocolError(
                f"{instrument.id} compares unrounded values, half precision would show in them"
            )
        return instrument.id + (_HALF if self.half else "")

    @property
    def metrics(self) -> dict[str, Metric]:
        """Column -> metric, the protocol's first; a unit ends the column's name.

        Weights are read anew each time that this is asked for.

        Raises:
            CheckpointError: a metric's weights are missing, damaged, or others.
        """
        return columns.built(columns.measured(self.protocol, self.beside).values())


def held_out(manifest: Manifest, recipe: RecipeParams, workplace: Workplace) -> Suite:
    """Make the suite of a run: every test picture under every degradation of the parameters.

    Without degradations, the test pairs of the data set as they are.

    Raises:
        ProtocolError: the degradations have several scales; or there is none, and a test picture has
            no degraded mate.
    """
    params = recipe.benchmark
    rows = read_rows(manifest, "test", workplace)
    if not params.degradations:
        found = [Found(row.file, "test", row.folder / row.lq if row.lq else None) for row in rows]
        suite = folder_suite(found, params.protocol, scale=scale_of(recipe))
        return replace(suite, expected=len(suite.cases), name=HELD_OUT)
    scales = {parts.build("degradations", d).scale for d in params.degradations.values()}
    if len(scales) > 1:
        raise ProtocolError(f"one suite has one scale, its degradations have {sorted(scales)}")
    cases = tuple(
        Case(row.path, label, row.file, row.sha256, degradation)
        for label, degradation in params.degradations.items()
        for row in rows
    )
    return Suite(cases, params.protocol, scales.pop(), expected=len(cases), name=HELD_OUT)


def scale_of(recipe: RecipeParams) -> int:
    """Give a recipe's scale: its degradation's, or its student's where the set brings its own pairs."""
    if recipe.degradation is not None:
        damage: Degradation = parts.build("degradations", recipe.degradation)
        return damage.scale
    method: Recipe = parts.build("recipes", recipe)
    with torch.device("meta"):  # no weights are wanted
        network: RestorationModel = parts.build("models", method.student_params())
    return network.scale


def find(source: PartParams | None, folder: Path) -> list[Found]:
    """List the test pictures of a folder; all, where it has none for testing, or there is no source.

    Raises:
        DatasetError: the folder breaks the source's layout.
    """
    if source is None:
        return [Found(file, "test") for file in layout.pictures(folder)]
    reader: Source = parts.build("sources", source)
    found = reader.find(folder)
    return [picture for picture in found if picture.split == "test"] or found


def folder_suite(
    found: Sequence[Found],
    protocol: str,
    *,
    scale: int,
    degradations: dict[str, PartParams] | None = None,
) -> Suite:
    """Make a suite of pictures from outside the project.

    Args:
        found: The pictures.
        protocol: A part of the bin `protocols`.
        scale: Of the super-resolution, 1 for other tasks.
        degradations: slice -> gt -> lq; none to take the degraded pictures that the set brings.

    Raises:
        ProtocolError: there is no picture, or one has no degraded mate and no degradation is given.
    """
    if not found:
        raise ProtocolError("a suite needs at least one picture, there is none")
    lonely = [f.gt.name for f in found if f.lq is None]
    if not degradations and lonely:
        raise ProtocolError(
            f"{len(lonely)} of {len(found)} pictures have no degraded mate ({lonely[0]}, ...); "
            "let them be made from the originals (--make-lq)"
        )
    cases = _damaged(found, degradations) if degradations else _paired(found)
    return Suite(cases, protocol, scale)


def _damaged(found: Sequence[Found], degradations: dict[str, PartParams]) -> tuple[Case, ...]:
    """Lay every picture under every damage; a clean picture with several mates counts once."""
    files = list(dict.fromkeys(f.gt for f in found))
    names, digests = _names(files), {file: sha256_of(file) for file in files}
    return tuple(
        Case(names[file], label, file, digests[file], degradation)
        for label, degradation in degradations.items()
        for file in files
    )


def _paired(found: Sequence[Found]) -> tuple[Case, ...]:
    """Take the set's own pairs, named by the ground truth, or by the mate where it has several."""
    files = [f.gt for f in found]
    several = len(set(files)) < len(files)
    mates = [f.lq for f in found if f.lq is not None]
    names = _names(mates if several else files)
    digests = {file: sha256_of(file) for file in dict.fromkeys(files)}
    return tuple(
        Case(names[mate if several else gt], OWN_PAIRS, gt, digests[gt], lq=mate)
        for gt, mate in zip(files, mates, strict=True)
    )


def _names(files: Sequence[Path]) -> dict[Path, str]:
    """Name files by their paths within the folder that holds them all."""
    root = os.path.commonpath([file.parent for file in files])
    return {file: file.relative_to(root).as_posix() for file in files}
