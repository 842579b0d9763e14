"""Measurements to judge: reports whose rows are given."""

import pandas as pd

from components.artifacts import BenchmarkReport, Cost
from components.gate import Measured

COST = Cost(
    num_parameters=1000,
    giga_macs=2.0,
    latency_ms=100.0,
    device="cpu",
    file_mib=0.5,
    activation_mib=30.0,
)
SLICES = ("blur", "noise")


def measured(psnr_db, *, label="student", lower_is_better=(), metrics=None, **changes):
    """Make a measurement.

    Args:
        psnr_db: A number a picture, the same in every slice; or a list of them a slice.
        label: Of the report; its weights are called the same.
        lower_is_better: Metrics of which less is better.
        metrics: Further columns, as `psnr_db`; SSIM of 0.8 everywhere where none are given.
        changes: Fields of the report.
    """
    columns = {"psnr_db": psnr_db, **(metrics or {"ssim": [0.8] * len(_by_slice(psnr_db)["blur"])})}
    by_slice = {name: _by_slice(values) for name, values in columns.items()}
    num_pictures = len(by_slice["psnr_db"]["blur"])
    rows = pd.DataFrame(
        [
            {"image": f"{number}.png", "slice": slice_}
            | {name: values[slice_][number] for name, values in by_slice.items()}
            for slice_ in SLICES
            for number in range(num_pictures)
        ]
    )
    report = BenchmarkReport(
        folder="benchmark/0",
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest="b" * 64,
        num_images=len(rows),
        mean={name: float(rows[name].mean()) for name in columns},
        slices={},
        cost=COST,
        weights_sha256=label,
    )
    return Measured(report.model_copy(update=changes), rows, frozenset(lower_is_better))


def _by_slice(values):
    return values if isinstance(values, dict) else dict.fromkeys(SLICES, values)
