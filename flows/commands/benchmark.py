"""`restill benchmark`: measure any model on any set of pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.terminal import enter, out, say
from flows.environment import Checkout

if TYPE_CHECKING:
    from pandas import DataFrame

    from components.artifacts import BenchmarkReport
    from components.benchmark import Contender


def benchmark(
    model: Annotated[str, typer.Argument(help="A built-in model, or NAME@champion.")],
    suite: Annotated[Path, typer.Option(help="Folder of a benchmark set.")],
    protocol: Annotated[str, typer.Option(help="How to measure; see `restill parts`.")] = "sr_y",
    scale: Annotated[int, typer.Option(help="Of the super-resolution.")] = 4,
    *,
    make_lq: Annotated[
        bool, typer.Option(help="Make the degraded pictures by our bicubic, from the originals.")
    ] = False,
) -> None:
    """Measure a model on a set of pictures by a named protocol."""
    checkout = enter()
    from components import benchmark as station
    from components import parts
    from flows.display import progress_of

    chain = [{"name": "bicubic_downsample", "scale": scale}, {"name": "quantise"}]
    degradation = parts.configure("degradations", {"name": "chain", "steps": chain})
    source = parts.build(
        "sources", parts.configure("sources", {"name": "paired_sr", "scale": scale})
    )
    entry = _contender(model, scale, checkout)
    cases = station.folder_suite(
        source.find(suite), protocol, scale=scale, degradation=degradation if make_lq else None
    )
    with progress_of("benchmark") as progress:
        outcome = station.measure(entry, cases, workplace=checkout.workplace, progress=progress)
    _print_report(outcome.record, station.read_table(outcome.record, checkout.workplace))


def _contender(model: str, scale: int, checkout: Checkout) -> "Contender":
    """Turn `bicubic`, or the name of a registered model, into what the benchmark measures."""
    from components import parts
    from components.benchmark import Contender, contender_from

    if "@" in model or "/" in model:
        from components import registry
        from components.tracking import Tracking

        return contender_from(model, registry.resolve(model, tracking=Tracking(checkout.mlruns)))
    return Contender(model, parts.configure("models", {"name": model, "scale": scale}))


def _print_report(report: "BenchmarkReport", rows: "DataFrame") -> None:
    """Print the protocol, a line a picture, and the mean."""
    say(f"{report.label}, {report.protocol}, {report.num_images} pictures")
    table = Table()
    metrics = list(report.mean)
    for column in ("image", *metrics):
        table.add_column(column, justify="left" if column == "image" else "right")
    for row in rows.to_dict("records"):
        table.add_row(str(row["image"]), *(f"{row[metric]:.4f}" for metric in metrics))
    table.add_section()
    table.add_row("mean", *(f"{report.mean[metric]:.4f}" for metric in metrics))
    out.print(table)
