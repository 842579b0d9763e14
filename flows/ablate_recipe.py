"""The ablation: a recipe's variants, several seeds each, on the held-out pictures."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from prefect import flow

from components import ablation, benchmark
from components.ablation import Arm, Effect
from components.artifacts import BenchmarkReport, Manifest
from components.config import Params
from components.store import write_atomically
from flows.benchmark_models import benchmark_step
from flows.distill_student import student_step
from flows.environment import Checkout
from flows.prepare_dataset import prepare_dataset
from flows.train_teacher import teacher_step

PRIMARY = "psnr_db"


@dataclass(frozen=True, slots=True)
class Ablation:
    """What came out.

    Attributes:
        recipe: Name of the block.
        protocol: Stands beside every number.
        effects: A row a variant, the control first.
        references: Label -> mean of the models without training, for scale.
        table: File with one row a seed, variant and test row.
    """

    recipe: str
    protocol: str
    effects: tuple[Effect, ...]
    references: dict[str, float]
    table: Path


@flow(name="ablate-recipe", validate_parameters=False)
def ablate_recipe(params: Params, checkout: Checkout, seeds: range) -> Ablation:
    """Train and measure every variant at every seed; what is done already is reused.

    Args:
        params: The parameter file; its chosen recipe is taken.
        checkout: Where the pictures are and results go.
        seeds: At least one.
    """
    manifest = prepare_dataset(params, checkout).record
    suite = benchmark.held_out(manifest, params.chosen, checkout.workplace)
    tables = [
        _rows(_measure(arm, seed, manifest, params, checkout), arm, seed, checkout)
        for seed in seeds
        for arm in ablation.arms(params.chosen)
    ]
    table = pd.concat(tables, ignore_index=True)
    file = checkout.mlruns / "ablations" / f"{params.recipe}.parquet"
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, table.to_parquet(index=False))
    references = [
        benchmark_step(entry, suite, checkout).result().record
        for entry in benchmark.references(params.chosen)
    ]
    return Ablation(
        recipe=params.recipe,
        protocol=suite.instrument.id,
        effects=tuple(ablation.effects(table, PRIMARY)),
        references={report.label: report.mean[PRIMARY] for report in references},
        table=file,
    )


def _measure(
    arm: Arm, seed: int, manifest: Manifest, params: Params, checkout: Checkout
) -> BenchmarkReport:
    """Go stations 2 to 4 for one variant and seed."""
    recipes = {**params.recipes, params.recipe: arm.params}
    settings = params.model_copy(update={"recipes": recipes, "seed": seed})
    teacher = teacher_step(manifest, settings, checkout).result().record
    taught, suffix = arm.variant.taught, "" if arm.variant.taught else "-alone"
    student = student_step(
        manifest, teacher, settings, checkout, taught=taught, suffix=suffix
    ).result()
    suite = benchmark.held_out(manifest, arm.params, checkout.workplace)
    entry = benchmark.contender(student.record, checkout.workplace)
    report: BenchmarkReport = benchmark_step(entry, suite, checkout).result().record
    return report


def _rows(report: BenchmarkReport, arm: Arm, seed: int, checkout: Checkout) -> pd.DataFrame:
    rows = benchmark.read_table(report, checkout.workplace)
    rows.insert(0, "seed", seed)
    rows.insert(1, "variant", arm.label)
    return rows
