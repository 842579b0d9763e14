"""The command `restill`: each command checks its input, calls one flow or component, and prints.

Heavy imports stay inside the commands, so that `restill --help` answers at once. An error that we raise
on purpose is one message and exit status 2; an interrupt is status 130.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from components.errors import RestorationError
from flows.commands import data, promotion
from flows.commands.ablate import ablate
from flows.commands.benchmark import benchmark
from flows.commands.leaderboard import leaderboard
from flows.commands.lineage import lineage
from flows.commands.terminal import enter, err, out, say, start_server
from flows.commands.weights import import_
from flows.environment import find_checkout

_DIFFERS = 1
_INTERRUPTED = 130

app = typer.Typer(
    help="Retrain, distil, benchmark and promote image-restoration models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data.app, name="data")
app.command()(benchmark)
for _command in (
    promotion.promote,
    promotion.history,
    promotion.champion,
    promotion.verify,
    promotion.rollback,
):
    app.command()(_command)
app.command()(ablate)
app.command("import")(import_)
app.command()(lineage)
app.command()(leaderboard)


def main() -> None:
    """Run the command line; the entry point of the program `restill`."""
    try:
        app()
    except RestorationError as error:
        err.print(f"restill: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except SystemExit as leave:
        if leave.code == _INTERRUPTED:
            err.print("restill: interrupted; finished steps are kept, the same command goes on")
        raise


@app.command()
def run(
    recipe: Annotated[str, typer.Argument(help="A block of params.yaml; empty: its choice.")] = "",
    params: Annotated[
        Path | None, typer.Option(help="Parameter file; default: the checkout's params.yaml.")
    ] = None,
    version: Annotated[
        str,
        typer.Option("--data", help="Tag, commit, branch or digest; empty: data/ as it is."),
    ] = "",
) -> None:
    """Go the whole way: data, teacher, student, benchmark, gate, registry, report."""
    checkout = enter()
    if version:
        from components.versioning import snapshots

        past = snapshots.take(checkout.root, version, checkout.versions)
        checkout = replace(checkout, past=past)
    file = (params or checkout.params).resolve()
    from flows import last_run

    said = last_run.recall(checkout, file, recipe)
    if said is not None:
        say(said)
        return
    from components.config import load_params

    load_params(file, recipe=recipe)  # a wrong key is said before a server starts
    from flows.display import say_errors_once
    from flows.leftovers import end_orphaned_servers
    from flows.retrain import retrain

    say_errors_once()
    if end_orphaned_servers(checkout):
        err.print("ended the Prefect server that a killed run had left")
    start_server()
    result = retrain(file, checkout, recipe=recipe)
    last_run.remember(checkout, file, recipe, result.said_again)
    say(result.summary)


@app.command()
def why(
    station: Annotated[
        str, typer.Argument(help="dataset, teacher, student or benchmark; empty: all.")
    ] = "",
    recipe: Annotated[str, typer.Option(help="A block of params.yaml; empty: its choice.")] = "",
    params: Annotated[
        Path | None, typer.Option(help="Parameter file; default: the checkout's params.yaml.")
    ] = None,
) -> None:
    """Say which steps `run` would reuse, and what changed for those that it would do again."""
    checkout = find_checkout(Path.cwd())
    from components.config import load_params
    from flows.explain_steps import explain_steps

    settings = load_params(params or checkout.params, recipe=recipe)
    for step in explain_steps(settings, checkout, station):
        against = f", against {step.against}" if step.against else ""
        folder = f" {step.record.folder}" if step.record else ""
        say(f"{step.station:<10} {step.name:<14} {step.verdict}{folder}{against}")
        for reason in step.reasons:
            say(f"    {reason}")


@app.command()
def gc(
    *,
    dry_run: Annotated[bool, typer.Option(help="Say what would go, and remove nothing.")] = False,
    keep_champions: Annotated[
        int, typer.Option(min=1, help="Newest versions of each model that stay.")
    ] = 3,
) -> None:
    """Remove work, files of runs and pages that no champion and no latest run needs."""
    checkout = enter()
    from rich.filesize import decimal

    from flows.remove_garbage import garbage_of

    freed = 0
    for item in garbage_of(checkout, keep_champions=keep_champions):
        goes = dry_run or item.remove()
        freed += item.num_bytes if goes else 0
        word = ("would go" if dry_run else "removed") if goes else "in use by now, stays"
        say(f"{word}: {item.what} ({decimal(item.num_bytes)}): {item.why}")
    say(f"{decimal(freed)} {'would be freed' if dry_run else 'freed'}")


@app.command()
def reproduce(
    reference: Annotated[str, typer.Argument(help="NAME@champion, NAME/VERSION, or a run's id.")],
    tolerance: Annotated[
        float, typer.Option(min=0, help="Largest difference of weights and pixels that is none.")
    ] = 1e-6,
    *,
    keep: Annotated[bool, typer.Option(help="Keep the rebuilt tree though it is equal.")] = False,
) -> None:
    """Make a student again from commit, data and parameters of its run; status 1: it differs."""
    checkout = enter()
    from components.reproduction import reproduce as station
    from components.tracking import Tracking

    site = station.Site(checkout.root, checkout.workplace, Tracking(checkout.mlruns))
    done = station.reproduce(reference, site, tolerance=tolerance, keep=keep, say=say)
    say(done.summary)
    if done.verdict == "differs":
        raise typer.Exit(_DIFFERS)


@app.command()
def restore(
    pictures: Annotated[list[Path], typer.Argument(help="Picture files.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A file, or a folder.")],
    model: Annotated[str, typer.Option(help="NAME@champion, NAME/VERSION; empty: ours.")] = "",
    tile: Annotated[int, typer.Option(min=1, help="Side of the tiles, pixels of the input.")] = 256,
) -> None:
    """Restore pictures with the champion: any size, grey or colour, 8 or 16 bits, with alpha."""
    checkout = enter()
    from components import serving

    pairs = serving.targets(pictures, output)
    from components import registry
    from components.config import load_params
    from components.tracking import Tracking

    reference = model or f"{load_params(checkout.params).registry.model_name}@champion"
    folder = registry.resolve(reference, tracking=Tracking(checkout.mlruns))
    for source, target in pairs:
        serving.restore_file(folder, source, target, tile=tile)
        say(f"{source} -> {target}")


@app.command("parts")
def parts_command() -> None:
    """List every part of every bin; for models also parameters and multiply-adds."""
    from components import parts
    from components.cost import giga_macs

    for bin_ in parts.BINS:
        out.print(f"\n[bold]components/{bin_}[/bold]")
        table = Table(box=None, show_header=bin_ == "models", pad_edge=True)
        table.add_column("part")
        table.add_column("what it is")
        for name in parts.names(bin_):
            module = parts.load(bin_, name)
            table.add_row(name, (module.__doc__ or "").splitlines()[0])
            for preset, values in getattr(module, "PRESETS", {}).items():
                count = sum(p.numel() for p in parts.build("models", values).parameters())
                table.add_row(
                    f"  {preset}", f"{count:,} parameters, {giga_macs(values):,.1f} GMAC/MP"
                )
        out.print(table)


if __name__ == "__main__":
    main()
