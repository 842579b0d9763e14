"""A small run for the tests of the page: four models, four pictures under two degradations."""

import dataclasses
from datetime import UTC, datetime
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from components.artifacts import BenchmarkReport, Cost, Release, Verdict
from components.recipes import Paper
from components.reporting.facts import DataVersion, GitState, PictureRow, ReportFacts, Step
from components.sources import Credit

SLICES = ("blur", "noise")
GAINS = {"teacher": 2.0, "student": 1.5, "student alone": 1.2, "bicubic": 0.0}
VIEWS = ("degraded", "bicubic", "student", "teacher", "truth")


def image_table(gain_db: float, seed: int) -> pd.DataFrame:
    jitter = np.random.default_rng(seed).normal(0, 0.05, 8)
    return pd.DataFrame(
        {
            "image": [f"{number}.png" for number in range(4)] * 2,
            "slice": np.repeat(SLICES, 4),
            "width": 60,
            "height": 48,
            "psnr_db": np.array([26.0, 27, 28, 29, 23, 24, 25, 26]) + jitter + gain_db,
            "ssim": 0.8 + gain_db / 100,
        }
    )


IMAGES = {label: image_table(gain, seed) for seed, (label, gain) in enumerate(GAINS.items())}


def benchmark(label: str, table: pd.DataFrame) -> BenchmarkReport:
    return BenchmarkReport(
        folder=PurePosixPath("benchmark/77"),
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest="5f1d",
        num_images=len(table),
        mean={name: float(table[name].mean()) for name in ("psnr_db", "ssim")},
        slices={
            str(name): {"psnr_db": float(rows["psnr_db"].mean())}
            for name, rows in table.groupby("slice")
        },
        cost=Cost(num_parameters=5_821_300, giga_macs=310.9, latency_ms=2195.4, device="CPU"),
        weights_sha256="" if label == "bicubic" else "b" * 64,
    )


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 60, 3), dtype=np.uint8)


def shown(image: str, slice_: str) -> PictureRow:
    return PictureRow(image, slice_, {view: picture(n) for n, view in enumerate(VIEWS)})


def curve(final_db: float) -> pd.DataFrame:
    steps = np.arange(10.0, 60.0, 10.0)
    return pd.DataFrame(
        {
            "step": steps,
            "l1": 1 / steps,
            "loss": 1 / steps,
            "learning_rate": 1e-4,
            "validation_psnr_db": final_db - 1 / steps,
        }
    )


FACTS = ReportFacts(
    name="first light",
    time=datetime(2026, 3, 14, 9, 26, tzinfo=UTC),
    recipe="kdsr",
    paper=Paper("On Teaching", "ICLR 2023", "https://arxiv.org/abs/2211.16928"),
    data=DataVersion("d8e8.dir", {"train": 8, "test": 4}, committed=True),
    git=GitState("9fceb02d", clean=True),
    params="seed: 0\nrecipe: kdsr\n",
    verdict=Verdict(
        passed=True, outcome="better", gain_db=0.213, reasons=("+1.5 dB over bicubic", "enough")
    ),
    release=Release(name="restill-kdsr", version="4", alias="champion"),
    champion_before="restill-kdsr version 3",
    reports=tuple(benchmark(label, table) for label, table in IMAGES.items()),
    images=IMAGES,
    curves={"teacher": curve(28.0), "student": curve(27.5)},
    pictures=(shown("2.png", "noise"), shown("0.png", "blur")),
    notes=("Four test pictures.",),
    steps=(
        Step("dataset", "3f9a", reused=True, seconds=None),
        Step("teacher", "77ab", reused=False, seconds=75),
        Step("student", "12cd", reused=False, seconds=30),
        Step("student alone", "34ef", reused=True, seconds=30, stage="student"),
        Step("student", "9a8b", reused=False, seconds=None, stage="benchmark"),
    ),
    credits=(Credit("2.png", "a photographer", "CC0"),),
)


def but(facts: ReportFacts = FACTS, **changes: object) -> ReportFacts:
    return dataclasses.replace(facts, **changes)


QUICK = but(curves={}, pictures=(), images={})
"""Without what takes time to draw."""
