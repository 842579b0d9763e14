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

from components import inference
from components.artifacts import BenchmarkReport, Progress, name_of, no_progress
from components.benchmarking.contenders import Contender, contender, contender_from, reference
from components.benchmarking.reading import Batch, batches, named, read_case
from components.benchmarking.suites import Case, Suite, folder_suite, held_out, scale_of
from components.config import RecipeParams
from components.cost import cost
from components.errors import ConfigError, PairError, ProtocolError
from components.keys import Key, make_key
from components.metrics import Metric
from components.models import RestorationModel
from components.pictures import images
from components.store import Outcome, Workplace

__all__ = [
    "ROWS",
    "Case",
    "Contender",
    "Shown",
    "Suite",
    "contender",
    "contender_from",
    "folder_suite",
    "held_out",
    "key_of",
    "measure",
    "read_table",
    "references",
    "show",
]

ROWS = "images.parquet"

_FACTS = ("image", "slice", "width", "height", "num_clipped")  # columns that no metric gives

# Ground-truth pixels of one batch. A CPU is busy with one picture, which then is computed in the same
# way whatever stands beside it; a GPU is not.
_BATCH_PIXELS = {"cpu": 1, "cuda": 1 << 21}


def read_table(report: BenchmarkReport, workplace: Workplace) -> pd.DataFrame:
    """Read a report's rows: image, slice, width, height, a column a metric, num_clipped."""
    return pd.read_parquet(workplace.store.path(report, ROWS))


def references(recipe: RecipeParams) -> list[Contender]:
    """Enter the models without weights that a recipe is compared with, at its scale."""
    scale = scale_of(recipe)
    return [reference(name, scale) for name in recipe.benchmark.references]


def key_of(entry: Contender, suite: Suite, *, device: str = "cpu") -> Key:
    """Name the report that `measure` gives for the same arguments."""
    once = {"once": entry.once} if entry.once else {}
    return make_key(
        "benchmark",
        parts=entry.modules,
        parameters={
            "label": entry.label,
            "model": entry.model.model_dump(mode="json"),
            "device": device,  # of the numbers' last digits, and of the time it takes
        },
        inputs={"suite": suite.digest, "weights": entry.sha256, **once},
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
        ConfigError: there is no such device.
        ProtocolError: the model's scale is not the suite's, or half precision is not allowed.
        PairError: the model gave NaN, or a picture of the wrong size; the message names the case.
        PictureError: a picture is damaged, or too small for its damage.
        CheckpointError: the weights of the model or of a metric are damaged, or missing.
        PartError: a function's module or name is not there.
    """
    _require_device(device, suite)
    key = key_of(entry, suite, device=device)

    def make(folder: Path) -> BenchmarkReport:
        table = _table(entry, suite, device=device, progress=progress)
        table.to_parquet(folder / ROWS, index=False)
        metrics = [name for name in table.columns if name not in _FACTS]
        return BenchmarkReport(
            folder=name_of(folder),
            label=entry.label,
            protocol=suite.protocol_id,
            benchmark_digest=key.inputs["suite"],
            num_images=len(table),
            suite=suite.name,
            expected_images=suite.expected,
            mean={name: float(table[name].mean()) for name in metrics},
            slices={
                str(name): {m: float(group[m].mean()) for m in metrics}
                for name, group in table.groupby("slice", sort=False)
            },
            cost=cost(entry.model, device=device),
            weights_sha256=entry.sha256,
            num_clipped=int(table["num_clipped"].sum()),
        )

    return workplace.store.once(key, BenchmarkReport, make)


def _table(entry: Contender, suite: Suite, *, device: str, progress: Progress) -> pd.DataFrame:
    """Measure every case; rows in the suite's order."""
    network = entry.network.to(device)
    if network.scale != suite.scale:
        raise ProtocolError(f"{entry.label} has scale {network.scale}, the suite {suite.scale}")
    metrics = suite.metrics
    kind = torch.device(device).type
    readers = 1 if kind == "cpu" else min(8, os.cpu_count() or 1)
    pixels = _BATCH_PIXELS.get(kind, 1)
    rows: dict[int, dict[str, Any]] = {}
    for batch in batches(suite, device=device, pixels=pixels, readers=readers):
        rows |= zip(batch.numbers, _measure(network, batch, suite, metrics), strict=True)
        progress(len(rows), len(suite.cases), f"{entry.label}: {batch.cases[-1].image}")
    return pd.DataFrame([rows[number] for number in sorted(rows)])


def _measure(
    network: RestorationModel, batch: Batch, suite: Suite, metrics: dict[str, Metric]
) -> list[dict[str, Any]]:
    """Restore and compare the cases of a batch; a row each."""
    with named(batch.cases[0]):
        restored = _restore(network, batch, half=suite.half)
    _refuse_bad(restored, batch)
    with named(batch.cases[0]):
        shown = suite.instrument.view(restored, batch.gt, grey=batch.grey)
        values = {name: m.measure(*shown).tolist() for name, m in metrics.items()}
    clipped = ((restored < 0) | (restored > 1)).flatten(1).sum(dim=1).tolist()
    height, width = batch.gt.shape[-2:]
    return [
        {"image": case.image, "slice": case.slice, "width": width, "height": height}
        | {name: column[place] for name, column in values.items()}
        | {"num_clipped": clipped[place]}
        for place, case in enumerate(batch.cases)
    ]


def _restore(network: RestorationModel, batch: Batch, *, half: bool) -> Tensor:
    gt = batch.gt if network.privileged else None
    with torch.autocast(batch.lq.device.type, torch.float16, enabled=half):
        return inference.restore(network, batch.lq, gt=gt).float()


def _refuse_bad(restored: Tensor, batch: Batch) -> None:
    """Refuse NaN by the case that has it; what was given for the others may be good."""
    good = restored.isfinite().flatten(1).all(dim=1).tolist()
    for case, whole in zip(batch.cases, good, strict=True):
        if not whole:
            with named(case):
                raise PairError("restored holds NaN or Inf, it cannot be measured")


def _require_device(device: str, suite: Suite) -> None:
    """Refuse a device that is not there, and half precision where it is emulated."""
    try:
        kind = torch.device(device).type
        there = kind == "cpu" or (kind == "cuda" and torch.cuda.is_available())
    except RuntimeError:
        kind, there = device, False
    if not there:
        found = "cpu, cuda" if torch.cuda.is_available() else "cpu"
        raise ConfigError(f"there is no device {device!r} on this machine (there are: {found})")
    if suite.half and kind == "cpu":
        raise ConfigError("half precision needs a cuda device, a CPU computes it no faster")


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
    networks = {entry.label: entry.network for entry in entries}
    return [
        _show_case(case, networks, suite)
        for case in suite.cases
        if (case.image, case.slice) in wanted
    ]


def _show_case(case: Case, networks: dict[str, RestorationModel], suite: Suite) -> Shown:
    batch = read_case(case, suite)
    enlarged = batch.lq.repeat_interleave(suite.scale, -1).repeat_interleave(suite.scale, -2)
    views = {"degraded": images.samples8(enlarged[0])}
    for label, network in networks.items():
        given = inference.restore(network, batch.lq, gt=batch.gt if network.privileged else None)
        views[label] = images.samples8(given[0])
    return Shown(case.image, case.slice, views | {"truth": images.samples8(batch.gt[0])})
