"""Station 4, benchmark: measure one model on fixed pictures by a named protocol."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from components import inference, parts
from components.artifacts import (
    BenchmarkReport,
    Checkpoint,
    Manifest,
    Progress,
    name_of,
    no_progress,
)
from components.config import RecipeParams
from components.cost import cost, num_parameters
from components.datasets.manifest import read_rows
from components.degradations import Degradation
from components.draws import Draws
from components.errors import CheckpointError, PairError, PartError, PictureError, ProtocolError
from components.keys import PACKAGE, Key, digest_of, make_key, parts_of, source_digests
from components.models import RestorationModel
from components.parts import PartParams
from components.pictures import images
from components.protocols import Protocol
from components.sources import Found
from components.store import Outcome, Workplace, sha256_of
from components.training import checkpoint

ROWS = "images.parquet"


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that is measured: a checkpoint, or a part that needs no weights.

    Attributes:
        label: What tables call it.
        model: Parameters of its part in the bin `models`.
        folder: Of its checkpoint; None without weights.
        sha256: Of its weights; empty without.
    """

    label: str
    model: PartParams
    folder: Path | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a benchmark: a picture under one damage.

    Attributes:
        image: Name of the picture, unique within the suite.
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
    """Cases, and the protocol that they are measured by."""

    cases: tuple[Case, ...]
    protocol: str
    scale: int

    @property
    def digest(self) -> str:
        """Same digest: same pictures, same damage, same protocol, same code of all three."""
        instrument = type(self.instrument).__module__
        metrics = [module.__name__ for module in self.metrics.values()]
        damage = parts_of(*(case.degradation for case in self.cases if case.degradation))
        return digest_of(
            {
                "cases": [case.identity for case in self.cases],
                "protocol": self.instrument.id,
                "code": source_digests([f"{PACKAGE}.benchmark", instrument, *metrics, *damage]),
            }
        )

    @property
    def instrument(self) -> Protocol:
        """The protocol, set to the suite's scale."""
        part: Any = parts.load("protocols", self.protocol)
        protocol: Protocol = part.Protocol(scale=self.scale)
        return protocol

    @property
    def metrics(self) -> dict[str, Any]:
        """Column -> module of the metric, in the protocol's order; a unit ends the column's name."""
        part: Any = parts.load("protocols", self.protocol)
        modules: dict[str, Any] = {name: parts.load("metrics", name) for name in part.METRICS}
        return {name + ("_db" if m.UNIT == "dB" else ""): m for name, m in modules.items()}


def contender(record: Checkpoint, workplace: Workplace) -> Contender:
    """Enter a station's checkpoint."""
    model = parts.parse("models", record.model)
    return Contender(record.label, model, workplace.store.root / record.folder, record.sha256)


def contender_from(label: str, folder: Path) -> Contender:
    """Enter a checkpoint folder from anywhere.

    Raises:
        CheckpointError: the folder is no checkpoint.
    """
    about = checkpoint.read_about(folder)
    try:
        model = parts.configure("models", about["model"])
    except PartError as error:
        raise CheckpointError(f"{folder}: {error}") from error
    return Contender(label, model, folder, about["weights_sha256"])


def read_table(report: BenchmarkReport, workplace: Workplace) -> pd.DataFrame:
    """Read a report's rows: image, slice, width, height, and a column a metric."""
    return pd.read_parquet(workplace.store.path(report, ROWS))


def held_out(manifest: Manifest, recipe: RecipeParams, workplace: Workplace) -> Suite:
    """Make the suite of a run: every test picture under every degradation of the parameters."""
    params = recipe.benchmark
    rows = read_rows(manifest, "test", workplace)
    scales = {parts.build("degradations", d).scale for d in params.degradations.values()}
    if len(scales) > 1:
        raise ProtocolError(f"one suite has one scale, its degradations have {sorted(scales)}")
    cases = tuple(
        Case(row.path, label, row.file, row.sha256, degradation)
        for label, degradation in params.degradations.items()
        for row in rows
    )
    return Suite(cases, params.protocol, scales.pop())


def folder_suite(
    found: Sequence[Found], protocol: str, *, scale: int, degradation: PartParams | None = None
) -> Suite:
    """Make a suite of pictures from outside the project.

    Args:
        found: The pictures.
        protocol: A part of the bin `protocols`.
        scale: Of the super-resolution, 1 for other tasks.
        degradation: gt -> lq; None to take the degraded pictures that the set brings.

    Raises:
        ProtocolError: there is no picture, or one has no degraded mate and no degradation is given.
    """
    if not found:
        raise ProtocolError("a suite needs at least one picture, there is none")
    lonely = [f.gt.name for f in found if f.lq is None]
    if degradation is None and lonely:
        raise ProtocolError(
            f"{len(lonely)} of {len(found)} pictures have no degraded mate ({lonely[0]}, ...); "
            "let them be made from the originals (--make-lq)"
        )
    slice_ = "own pairs" if degradation is None else degradation.name
    root = os.path.commonpath([f.gt.parent for f in found])
    cases = tuple(
        Case(
            f.gt.relative_to(root).as_posix(),
            slice_,
            f.gt,
            sha256_of(f.gt),
            degradation,
            None if degradation else f.lq,
        )
        for f in found
    )
    return Suite(cases, protocol, scale)


def references(recipe: RecipeParams) -> list[Contender]:
    """Enter the models without weights that a recipe is compared with, at its scale."""
    scale = parts.build("degradations", recipe.degradation).scale
    names = recipe.benchmark.references
    return [
        Contender(name, parts.parse("models", {"name": name, "scale": scale})) for name in names
    ]


def key_of(entry: Contender, suite: Suite, *, device: str = "cpu") -> Key:
    """Name the report that `measure` gives for the same arguments."""
    return make_key(
        "benchmark",
        parts=parts_of(entry.model),
        parameters={
            "label": entry.label,
            "model": entry.model.model_dump(mode="json"),
            "device": device,  # of the numbers' last digits, and of the time it takes
        },
        inputs={"suite": suite.digest, "weights": entry.sha256},
    )


def measure(
    entry: Contender,
    suite: Suite,
    *,
    workplace: Workplace,
    progress: Progress = no_progress,
    device: str = "cpu",
) -> Outcome[BenchmarkReport]:
    """Measure one model on one suite.

    Args:
        entry: The model.
        suite: The pictures and the protocol.
        workplace: Where the report goes.
        progress: Told once a row.
        device: Where the model runs; the metrics run there too.

    Raises:
        ProtocolError: the model's scale is not the suite's.
        PairError: the model gave NaN, or a picture of the wrong size; the message names the case.
        PictureError: a picture is damaged, or too small for its damage.
        CheckpointError: the weights are damaged, or missing.
    """

    def make(folder: Path) -> BenchmarkReport:
        network = _network(entry).to(device)
        if network.scale != suite.scale:
            raise ProtocolError(f"{entry.label} has scale {network.scale}, the suite {suite.scale}")
        rows = []
        for number, case in enumerate(suite.cases, start=1):
            rows.append(_measure_case(network, case, suite, device))
            progress(number, len(suite.cases), f"{entry.label}: {case.image}")
        table = pd.DataFrame(rows)
        table.to_parquet(folder / ROWS, index=False)
        metrics = list(suite.metrics)
        return BenchmarkReport(
            folder=name_of(folder),
            label=entry.label,
            protocol=suite.instrument.id,
            benchmark_digest=suite.digest,
            num_images=len(rows),
            mean={name: float(table[name].mean()) for name in metrics},
            slices={
                str(name): {m: float(group[m].mean()) for m in metrics}
                for name, group in table.groupby("slice", sort=False)
            },
            cost=cost(entry.model, device=device),
            weights_sha256=entry.sha256,
        )

    return workplace.store.once(key_of(entry, suite, device=device), BenchmarkReport, make)


@dataclass(frozen=True, slots=True)
class Shown:
    """One case as pictures of one size.

    Attributes:
        image: As in the case.
        slice: As in the case.
        views: label -> (H, W, 3) uint8: degraded (enlarged pixel by pixel), each model, truth.
    """

    image: str
    slice: str
    views: dict[str, npt.NDArray[np.uint8]]


def show(entries: Sequence[Contender], suite: Suite) -> list[Shown]:
    """Restore one case of every picture, each under another damage, to be looked at."""
    slices = list(dict.fromkeys(case.slice for case in suite.cases))
    images_ = list(dict.fromkeys(case.image for case in suite.cases))
    wanted = {(name, slices[n % len(slices)]) for n, name in enumerate(images_)}
    networks = {entry.label: _network(entry) for entry in entries}
    return [
        _show_case(case, networks, suite.scale)
        for case in suite.cases
        if (case.image, case.slice) in wanted
    ]


def _show_case(case: Case, networks: dict[str, RestorationModel], scale: int) -> Shown:
    lq, gt, _ = _images(case, scale, "cpu")
    enlarged = lq.repeat_interleave(scale, dim=-1).repeat_interleave(scale, dim=-2)
    views = {"degraded": images.samples8(enlarged[0])}
    for label, network in networks.items():
        given = inference.restore(network, lq, gt=gt if network.privileged else None)
        views[label] = images.samples8(given[0])
    return Shown(case.image, case.slice, views | {"truth": images.samples8(gt[0])})


def _network(entry: Contender) -> RestorationModel:
    if entry.folder is not None:
        return checkpoint.load(entry.folder)
    network: RestorationModel = parts.build("models", entry.model)
    if num_parameters(network):
        raise CheckpointError(f"{entry.label}: {entry.model.name} has to be trained first")
    return network.eval()


def _measure_case(
    network: RestorationModel, case: Case, suite: Suite, device: str
) -> dict[str, Any]:
    try:
        lq, gt, grey = _images(case, network.scale, device)
        restored = inference.restore(network, lq, gt=gt if network.privileged else None)
        shown = suite.instrument.view(restored, gt, grey=grey)
        values = {name: metric.measure(*shown).item() for name, metric in suite.metrics.items()}
    except (PairError, PictureError) as error:
        raise type(error)(f"{case.image} under {case.slice}: {error}") from error
    height, width = gt.shape[-2:]
    return {"image": case.image, "slice": case.slice, "width": width, "height": height, **values}


def _images(case: Case, scale: int, device: str) -> tuple[Tensor, Tensor, bool]:
    """Read a case: lq and gt, (1, 3, h, w), and whether the ground truth is grey.

    The ground truth is cropped, at the right and bottom, to a multiple of the scale.
    """
    picture = images.read(case.gt)
    gt = images.rgb(picture).to(device).unsqueeze(0)
    h, w = (side - side % scale for side in gt.shape[-2:])
    gt = gt[..., :h, :w]
    if not gt.numel():
        raise PictureError(f"a picture needs sides of at least the scale, {scale} pixels")
    if case.lq is not None:
        return images.rgb(images.read(case.lq)).to(device).unsqueeze(0), gt, picture.grey
    degradation: Degradation = parts.build("degradations", _required(case.degradation))
    # The seed is the picture's own, so that neither order nor company changes its damage.
    seed = torch.tensor([int(case.sha256[:15], 16)], device=device)
    return degradation(gt, Draws(seed)).image, gt, picture.grey


def _required(degradation: PartParams | None) -> PartParams:
    if degradation is None:
        raise ProtocolError("a case needs a degraded picture or a degradation, it has neither")
    return degradation
