"""What distillation gives: student against the same student alone, over several seeds.

    .venv/bin/python benchmarks/distillation_gain.py --first 0 --seeds 5

Goes stations 1 to 4 of the shipped params.yaml (or of --params) for each seed, reuses what is done, and
prints a Markdown table: PSNR by the recipe's protocol, mean over all test rows, the paired difference and
its 95 % interval over seeds (Student's t on the per-seed means, as seeds are what is repeated).
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from components import benchmark, dataset, parts, student, teacher
from components.benchmark import Contender
from components.config import Params, load_params
from components.store import Workplace
from flows.environment import find_checkout

PSNR = "psnr_db"


@dataclass(frozen=True)
class Seed:
    """One seed's means over the test rows, dB, and the share of rows where the student is better."""

    seed: int
    bicubic: float
    teacher: float
    alone: float
    student: float
    better: float

    @property
    def gain(self) -> float:
        """The paired difference, dB."""
        return self.student - self.alone


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--params", type=Path)
    chosen = parser.parse_args()
    checkout = find_checkout(Path.cwd())
    params = load_params(chosen.params or checkout.params)
    print("| seed | bicubic | teacher | student alone | student | gain | rows better |")
    print("|---|---|---|---|---|---|---|")
    seeds = []
    for number in range(chosen.first, chosen.first + chosen.seeds):
        row = measure(params, number, checkout.workplace)
        seeds.append(row)
        print(
            f"| {row.seed} | {row.bicubic:.3f} | {row.teacher:.3f} | {row.alone:.3f} "
            f"| {row.student:.3f} | {row.gain:+.3f} | {row.better:.0%} |",
            flush=True,
        )
    gains = np.array([row.gain for row in seeds])
    mean, half = gains.mean(), stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains)
    print(
        f"\ngain {mean:+.3f} dB, 95 % interval [{mean - half:+.3f}, {mean + half:+.3f}], "
        f"better at {(gains > 0).sum()} of {len(gains)} seeds"
    )


def measure(params: Params, seed: int, workplace: Workplace) -> Seed:
    """Go stations 1 to 4 for one seed."""
    recipe = params.chosen
    manifest = dataset.prepare(params.data, workplace=workplace).record
    guide = teacher.train_teacher(manifest, recipe, seed=seed, workplace=workplace).record
    records = [
        guide,
        *(
            student.distil_student(manifest, t, recipe, seed=seed, workplace=workplace).record
            for t in (guide, None)
        ),
    ]
    suite = benchmark.held_out(manifest, recipe, workplace)
    bicubic = parts.parse("models", {"name": "bicubic", "scale": suite.scale})
    entries = [*(benchmark.contender(r, workplace) for r in records), Contender("bicubic", bicubic)]
    reports = [benchmark.measure(entry, suite, workplace=workplace).record for entry in entries]
    rows = [benchmark.read_table(report, workplace)[PSNR] for report in reports]
    guide_db, student_db, alone_db, bicubic_db = (float(r.mean()) for r in rows)
    better = float((rows[1] > rows[2]).mean())
    return Seed(seed, bicubic_db, guide_db, alone_db, student_db, better)


if __name__ == "__main__":
    main()
