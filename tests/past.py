"""A small past for tests: two runs, a release each, and what was measured besides.

run one   data D1 -> teacher T1 -> student S1, and A1 alone; version 1, measured on benchmark B1
run two   data D2 -> teacher T2 -> student S2, and A2 alone; version 2 on B2, where S1 was measured again
besides   S2 was measured on the suite set5
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from components.artifacts import BenchmarkReport, Checkpoint, Cost, name_of
from components.keys import Key
from components.store import Store
from components.tracking import FOLDERS, Facts, RunName, Tracking

MODEL = "tiny"
D1, D2 = f"{'d1' * 16}.dir", f"{'d2' * 16}.dir"
T1, S1, A1 = "71" * 32, "51" * 32, "a1" * 32
T2, S2, A2 = "72" * 32, "52" * 32, "a2" * 32
B1, B2, SET5 = "b1" * 32, "b2" * 32, "b5" * 32
PROTOCOL = "sr_y:x4:crop4"
COMMIT = "c0ffee" + "0" * 34

IMAGES = [f"{number}.png" for number in range(5)]
BASE_DB = np.array([26.0, 27.0, 28.0, 29.0, 30.0] * 2)

PSNR = {
    (T1, B1): 1.0,
    (S1, B1): 0.5,
    (A1, B1): 0.2,
    (T2, B2): 2.0,
    (S2, B2): 1.5,
    (A2, B2): 1.1,
    (S1, B2): 0.9,
    (S2, SET5): 3.0,
}
"""(weights, benchmark) -> dB above the base of each row."""


def rows(weights: str, benchmark: str) -> pd.DataFrame:
    """Five pictures under two degradations; every model has noise of its own."""
    noise = np.random.default_rng(int(weights[:2], 16)).normal(0, 0.05, 10)
    psnr = BASE_DB + PSNR[weights, benchmark] + noise
    return pd.DataFrame(
        {
            "image": IMAGES * 2,
            "slice": np.repeat(["blur", "noise"], 5),
            "width": 60,
            "height": 48,
            "psnr_db": psnr,
            "ssim": psnr / 100,
        }
    )


def means(weights: str, benchmark: str) -> dict[str, float]:
    table = rows(weights, benchmark)
    return {metric: float(table[metric].mean()) for metric in ("psnr_db", "ssim")}


@dataclass(frozen=True)
class Trained:
    """One run's networks, on its data and its benchmark."""

    data: str
    benchmark: str
    weights: dict[str, str]


ONE = Trained(D1, B1, {"teacher": T1, "student": S1, "student alone": A1})
TWO = Trained(D2, B2, {"teacher": T2, "student": S2, "student alone": A2})


def train(store: Store, run: Trained) -> list[str]:
    """Leave in the store what a run makes of its networks; returns the names of the folders."""
    names = []
    for label, weights in run.weights.items():
        teacher = run.weights["teacher"] if label == "student" else ""
        names.append(_checkpoint(store, label, weights, data=run.data, teacher=teacher))
        names.append(measure(store, label, weights, run.benchmark))
    return names


def measure(store: Store, label: str, weights: str, benchmark: str, *, ms: float = 1500.0) -> str:
    """Leave a report in the store; returns the name of its folder."""
    inputs = {"suite": benchmark, "weights": weights}
    key = _key("benchmark", f"{weights[:2]}{benchmark[:2]}", inputs)

    def make(folder: Path) -> BenchmarkReport:
        rows(weights, benchmark).to_parquet(folder / "images.parquet", index=False)
        return BenchmarkReport(
            folder=name_of(folder),
            label=label,
            protocol=PROTOCOL,
            benchmark_digest=benchmark,
            num_images=10,
            mean=means(weights, benchmark),
            slices={},
            cost=Cost(num_parameters=1000, giga_macs=14.5, latency_ms=ms, device="a cpu"),
            weights_sha256=weights,
        )

    return str(store.once(key, BenchmarkReport, make).record.folder)


def _checkpoint(store: Store, label: str, weights: str, *, data: str, teacher: str) -> str:
    key = _key(label.split(maxsplit=1)[0], weights[:2], {"teacher": teacher})

    def make(folder: Path) -> Checkpoint:
        return Checkpoint(
            folder=name_of(folder),
            label=label,
            recipe="kdsr",
            model={},
            sha256=weights,
            num_parameters=1000,
            data_digest=data,
            seed=0,
            train_seconds=1.0,
            validation=30.0,
        )

    return str(store.once(key, Checkpoint, make).record.folder)


def _key(station: str, digest: str, inputs: dict[str, str]) -> Key:
    return Key(
        station=station, digest=digest, parameters={}, inputs=inputs, modules={}, versions={}
    )


def record(
    tracking: Tracking, run: Trained, folders: Sequence[str] = (), *, dirty: str = "no"
) -> str:
    """Write a run into MLflow as `record_run` does; returns its id."""
    facts = Facts(
        params={"seed": 0, "recipe": "kdsr"},
        tags={
            "restill.git.commit": COMMIT,
            "restill.git.dirty": dirty,
            "restill.data": run.data,
            "restill.verdict": "better",
            FOLDERS: " ".join(folders),
            **{f"restill.{label}.weights": weights for label, weights in run.weights.items()},
        },
        metrics={
            f"{label}/{metric}": value
            for label, weights in run.weights.items()
            for metric, value in means(weights, run.benchmark).items()
        },
        files={
            f"images/{label}.parquet": rows(weights, run.benchmark).to_parquet(index=False)
            for label, weights in run.weights.items()
        },
    )
    run_id = tracking.record(RunName("kdsr", f"retrain {run.data[:4]}", run.data), facts)
    for label, weights in run.weights.items():
        step = Facts(tags={"restill.weights": weights}, metrics={"parameters": 1000})
        tracking.record(RunName("kdsr", label, weights, parent=run_id), step)
    return run_id


def release(tracking: Tracking, run: Trained, run_id: str) -> None:
    """Make a run's student a version, and the champion."""
    weights = run.weights["student"]
    tags = {
        "weights_sha256": weights,
        "recipe": "kdsr",
        "data_digest": run.data,
        "benchmark_digest": run.benchmark,
        "protocol": PROTOCOL,
        "verdict": "better",
        **{f"mean.{name}": f"{mean:.6g}" for name, mean in means(weights, run.benchmark).items()},
    }
    with tracking.asking() as client:
        if MODEL not in {model.name for model in client.search_registered_models()}:
            client.create_registered_model(MODEL)
        source = f"{client.get_run(run_id).info.artifact_uri}/release"
        made = client.create_model_version(MODEL, source, run_id, tags=tags)
        client.set_registered_model_alias(MODEL, "champion", str(made.version))


def live_through(tracking: Tracking, store: Store) -> None:
    """Let it all happen."""
    release(tracking, ONE, record(tracking, ONE, train(store, ONE)))
    again = measure(store, "champion before", S1, B2)
    release(tracking, TWO, record(tracking, TWO, [*train(store, TWO), again], dirty="yes"))
    measure(store, f"{MODEL}@champion", S2, SET5)
