"""How often the gate accepts: a student that gains nothing, and one that gains so much.

Promotions are simulated: pictures differ by 4 dB in difficulty, which both models share; each model
scatters on a picture by 0.25 dB, alike under every damage, and by 0.1 dB from damage to damage. The gate
judges each as it judges a run, with the parameters of params.yaml.

Run: .venv/bin/python benchmarks/gate_power.py --promotions 2000
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components import gate
from components.artifacts import BenchmarkReport, Cost, Verdict
from components.config import GateParams, load_params
from components.gate import Measured

PARAMS = Path(__file__).parents[1] / "params.yaml"
SLICES = 5
DIFFICULTY_DB, PICTURE_DB, SLICE_DB = 4.0, 0.25, 0.1
SSIM_PER_DB = 0.02  # of the shipped run: bicubic, student alone and student lie on such a line
OVER_BICUBIC_DB = 0.6

_COST = Cost(num_parameters=1, giga_macs=1.0, latency_ms=1.0, device="cpu")


@dataclass(frozen=True, slots=True)
class World:
    """What is simulated.

    Attributes:
        num_pictures: Of the test, each under five damages.
        gain_db: The true gain of the candidate over the champion.
        seed: Of the first promotion; the others follow from it.
    """

    num_pictures: int
    gain_db: float
    seed: int = 0


def promotions(world: World, count: int, params: GateParams) -> Iterator[Verdict]:
    """Simulate promotions, each with pictures and models of its own."""
    random = np.random.default_rng([world.seed, world.num_pictures])
    shape = (count, world.num_pictures, SLICES)
    pictures = random.normal(30, DIFFICULTY_DB, (count, world.num_pictures, 1))
    scatter = [
        random.normal(0, PICTURE_DB, (*shape[:2], 1)) + random.normal(0, SLICE_DB, shape)
        for _ in range(3)
    ]
    means = {"student": OVER_BICUBIC_DB + world.gain_db, "before": OVER_BICUBIC_DB, "bicubic": 0.0}
    values = {
        label: pictures + mean + noise
        for (label, mean), noise in zip(means.items(), scatter, strict=True)
    }
    for number in range(count):
        student, before, bicubic = (_measured(label, v[number]) for label, v in values.items())
        yield gate.judge(student, before, [bicubic], params)


def share_accepted(world: World, count: int, params: GateParams) -> float:
    """Give the share of simulated promotions that pass."""
    return float(np.mean([verdict.passed for verdict in promotions(world, count, params)]))


def _measured(label: str, psnr_db: NDArray[np.float64]) -> Measured:
    """Make a report of values, (pictures, slices) in dB."""
    num_pictures = len(psnr_db)
    rows = pd.DataFrame(
        {
            "image": np.repeat(np.arange(num_pictures).astype(str), SLICES),
            "slice": np.tile(np.arange(SLICES).astype(str), num_pictures),
            "psnr_db": psnr_db.ravel(),
            "ssim": 0.8 + SSIM_PER_DB * (psnr_db.ravel() - 30),
        }
    )
    report = BenchmarkReport(
        folder=f"benchmark/{label}",
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest="simulated",
        num_images=len(rows),
        mean={name: float(rows[name].mean()) for name in ("psnr_db", "ssim")},
        slices={},
        cost=_COST,
        weights_sha256=label,
    )
    return Measured(report, rows)


def main() -> None:
    """Print a table of shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--promotions", type=int, default=2000)
    parser.add_argument("--pictures", type=int, nargs="+", default=[4, 8, 12, 24, 48])
    parser.add_argument("--gains", type=float, nargs="+", default=[0.0, 0.1, 0.2, 0.3])
    args = parser.parse_args()
    params = load_params(PARAMS).gate
    print(f"accepted of {args.promotions} promotions, margin {params.min_gain_db} dB\n")
    print("| pictures | " + " | ".join(f"gain {gain:g} dB" for gain in args.gains) + " |")
    print("|---" * (1 + len(args.gains)) + "|")
    for num_pictures in args.pictures:
        worlds = [World(num_pictures, gain_db) for gain_db in args.gains]
        shares = [share_accepted(world, args.promotions, params) for world in worlds]
        print(
            f"| {num_pictures} | " + " | ".join(f"{share:.1%}" for share in shares) + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
