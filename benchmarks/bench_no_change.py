"""A run in which nothing has changed against `dvc repro`; and what a step costs beside its work.

    .venv/bin/python benchmarks/bench_no_change.py

Needs a finished `make run` in this checkout.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from components.artifacts import Manifest, name_of
from components.keys import make_key
from components.store import Store
from flows.environment import confine, find_checkout

_STAGES = 8
_REPEATS = 5


def main() -> None:
    """Measure and print."""
    checkout = find_checkout(Path.cwd())
    confine(checkout)
    restill = [sys.executable, "-m", "flows.cli", "run"]
    said = _run(restill, checkout.root)
    if said.count(": reused") != _STAGES:
        sys.exit("go `make run` first, and change nothing after it")
    ours = _seconds(lambda: _run(restill, checkout.root))
    with tempfile.TemporaryDirectory() as folder:
        repro = _pipeline(Path(folder))
        peer = _seconds(lambda: _run(repro, Path(folder)))
    print(f"| no-change run, {_STAGES} steps | seconds |\n|---|---|")
    print(f"| `restill run` | {ours:.2f} |")
    print(f"| `dvc repro` | {peer:.2f} |")
    print(f"\nratio {ours / peer:.2f} (goal: at most 1.5)\n")
    with tempfile.TemporaryDirectory() as folder:
        cost = _cost_of_a_step(Store(Path(folder)))
    wrapped = _cost_of_a_task()
    total = cost + wrapped
    print(
        f"beside its work a step costs {cost * 1e3:.0f} ms for key and record and {wrapped * 1e3:.0f}"
    )
    print(f"ms for Prefect: {total / 36:.4f} % of a training of one hour (goal: under 1 %)")


def _pipeline(folder: Path) -> list[str]:
    """Make a DVC pipeline of stages that copy a small file on, run once."""
    dvc = [sys.executable, "-m", "dvc"]
    _run([*dvc, "init", "--no-scm"], folder)
    (folder / "0.txt").write_text("0")
    copy = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"
    for n in range(_STAGES):
        command = f'{sys.executable} -c "{copy}" {n}.txt {n + 1}.txt'
        stage = ["stage", "add", "-n", f"s{n}", "-d", f"{n}.txt", "-o", f"{n + 1}.txt", command]
        _run([*dvc, *stage], folder)
    _run([*dvc, "repro"], folder)
    return [*dvc, "repro"]


def _cost_of_a_step(store: Store) -> float:
    """Time key and record of a station whose work takes no time, made and not reused."""

    def once(seed: int) -> float:
        started = time.perf_counter()
        parts = ["components.recipes.kdsr", "components.models.kdsr"]
        key = make_key("teacher", parts=parts, parameters={"seed": seed}, inputs={})
        store.once(key, Manifest, _nothing)
        return time.perf_counter() - started

    return statistics.median(once(seed) for seed in range(_REPEATS))


def _nothing(folder: Path) -> Manifest:
    return Manifest(folder=name_of(folder), data_digest="", rows_digest="", counts={}, num_bytes=0)


def _cost_of_a_task() -> float:
    """Time an empty Prefect task within a flow, on a server that is up."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    empty = task(cache_policy=NO_CACHE)(lambda: None)

    @flow
    def some() -> float:
        empty()
        return _seconds(empty)

    return some()


def _run(command: list[str], folder: Path) -> str:
    environment = os.environ | {"DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def _seconds(function: Callable[[], object]) -> float:
    def once() -> float:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started

    once()
    return statistics.median(once() for _ in range(_REPEATS))


if __name__ == "__main__":
    main()
