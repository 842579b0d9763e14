"""`restill benchmark`: measure any model on any set of pictures."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from flows.commands.terminal import enter, err, out, say
from flows.environment import Checkout

if TYPE_CHECKING:
    from components.artifacts import Progress
    from components.benchmarking.contenders import Contender
    from components.benchmarking.results import Result
    from components.benchmarking.suites import Suite
    from components.reporting.comparison import Comparison

_DATASETS = "datasets"


def benchmark(  # noqa: PLR0913 - one a word of the command
    model: Annotated[
        str,
        typer.Argument(
            help="A built-in model, NAME@champion, NAME/VERSION, a checkpoint's folder, or "
            "module:function."
        ),
    ],
    *,
    suite: Annotated[str, typer.Option(help="A suite of params.yaml, or a folder of pictures.")],
    protocol: Annotated[
        str, typer.Option(help="How to measure, see `restill parts`; empty: the suite's, or sr_y.")
    ] = "",
    scale: Annotated[
        int, typer.Option(min=0, help="Of ground truth over input; 0: the suite's, or 4 for sr_y.")
    ] = 0,
    against: Annotated[
        str, typer.Option(help="A second model, or the --json file of an earlier benchmark.")
    ] = "",
    source: Annotated[
        str, typer.Option(help="How a folder is laid out, see `restill parts`; empty: by its look.")
    ] = "",
    data_root: Annotated[
        Path | None,
        typer.Option(
            envvar="RESTILL_DATASETS",
            help="The folder that the suites' sets lie in; default: datasets/ in the checkout.",
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, or cuda.")] = "cpu",
    json: Annotated[str, typer.Option(help="Write all numbers to this file; -: print them.")] = "",
    parquet: Annotated[Path | None, typer.Option(help="Write the rows to this file.")] = None,
    make_lq: Annotated[
        bool, typer.Option(help="Make the degraded pictures by our bicubic, from the originals.")
    ] = False,
    half: Annotated[
        bool, typer.Option(help="Half precision, where protocol and device allow it.")
    ] = False,
) -> None:
    """Measure a model on a set of pictures by a named protocol."""
    checkout = enter()
    from components import parts
    from components.benchmarking import asked, results
    from components.config import load_params

    for file in (Path(json) if json not in {"", "-"} else None, parquet):
        _require_place(file)
    for word in filter(_is_name, (model, against)):
        parts.load("models", word)  # a typing error is said before any picture is read
    wanted = asked.Wanted(suite, protocol, scale, source, make_lq=make_lq, half=half)
    question = asked.ask(
        wanted,
        suites=load_params(checkout.params).suites,
        root=data_root or checkout.root / _DATASETS,
    )
    bench = _Bench(checkout, question.suite, device)
    entry = bench.enter(model)
    rival = None if not against or _is_file(against) else bench.enter(against)
    ours = bench.measure(entry)
    beside = [bench.measure(e) for e in question.references if e.label not in {model, against}]
    difference = None
    if against:
        theirs = results.read_json(Path(against)) if rival is None else bench.measure(rival)
        difference = (theirs.report.label, results.compare(ours, theirs))
        beside = [theirs, *beside]
    if json == "-":
        say(results.as_json(suite, ours, beside, difference))
    else:
        _print(ours, beside, difference)
        if json:
            Path(json).write_text(results.as_json(suite, ours, beside, difference) + "\n")
    if parquet:
        ours.rows.to_parquet(parquet, index=False)


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where models are measured, and on what."""

    checkout: Checkout
    suite: "Suite"
    device: str

    def enter(self, model: str) -> "Contender":
        """Turn what a person calls a model into what the benchmark measures."""
        from components.benchmarking import contenders

        if _is_checkpoint(model) or ("/" in model and Path(model).is_dir()):
            return contenders.contender_from(Path(model).name, Path(model))
        if ":" in model:
            sys.path.insert(0, str(Path.cwd()))  # where a person's own module lies
            return contenders.callable_contender(model, self.suite.scale)
        if "@" in model or "/" in model:
            from components import registry
            from components.tracking import Tracking

            folder = registry.resolve(model, tracking=Tracking(self.checkout.mlruns))
            return contenders.contender_from(model, folder)
        return contenders.reference(model, self.suite.scale)

    def measure(self, entry: "Contender") -> "Result":
        """Measure one model, with a bar."""
        from components import benchmark as station
        from components.benchmarking.results import Result

        place = self.checkout.workplace
        with _bar(entry.label) as progress:
            report = station.measure(
                entry, self.suite, workplace=place, progress=progress, device=self.device
            ).record
        return Result(report, station.read_table(report, place))


def _require_place(file: Path | None) -> None:
    """Refuse a file that cannot be written, before anything is measured."""
    from components.errors import ConfigError

    if file is not None and file.is_dir():
        raise ConfigError(f"{file}: must be a file to write to, it is a folder")
    if file is not None and not file.parent.is_dir():
        raise ConfigError(f"{file}: cannot be written, there is no folder {file.parent}")


def _is_name(model: str) -> bool:
    """Whether words can only be the name of a built-in model."""
    special = any(mark in model for mark in ":@/")
    return bool(model) and not special and not _is_file(model) and not _is_checkpoint(model)


def _is_file(against: str) -> bool:
    return Path(against).suffix == ".json"


def _is_checkpoint(model: str) -> bool:
    return (Path(model) / "model.json").is_file()


@contextmanager
def _bar(label: str) -> "Iterator[Progress]":
    """Show progress where a person looks on."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        row = bar.add_task(label, total=None)

        def report(done: int, total: int, note: str) -> None:
            bar.update(row, completed=done, total=total, description=note)

        yield report


def _print(
    result: "Result", beside: "list[Result]", difference: "tuple[str, Comparison] | None"
) -> None:
    """Print the protocol, a line a picture and slice, the means, and the comparison."""
    report = result.report
    say(f"{report.label}, {report.protocol}, {_count(result)}")
    if not result.complete:
        err.print(f"the set is not whole: {_count(result)}", style="yellow", markup=False)
    metrics = list(report.mean)
    several = len(report.slices) > 1
    table = Table()
    for column in ("image", *(["slice"] if several else []), *metrics):
        table.add_column(column, justify="right" if column in metrics else "left")
    for row in result.rows.to_dict("records"):
        place = [str(row["image"]), *([str(row["slice"])] if several else [])]
        table.add_row(*place, *(f"{row[metric]:.4f}" for metric in metrics))
    table.add_section()
    for name, mean in report.slices.items() if several else ():
        table.add_row("mean", name, *(f"{mean[metric]:.4f}" for metric in metrics))
    for label, mean in (("mean", report.mean), *((r.report.label, r.report.mean) for r in beside)):
        place = [label, *(["all"] if several else [])]
        table.add_row(*place, *(f"{mean[metric]:.4f}" for metric in metrics))
    out.print(table)
    if report.num_clipped:
        share = 100 * result.clipped_share
        say(f"{report.num_clipped:,} restored values ({share:.2f} %) left [0, 1] and were clipped")
    if difference is not None:
        say(_said(report.label, *difference))


def _count(result: "Result") -> str:
    """Say how many rows there are, and of how many."""
    report = result.report
    pictures = "pictures" if len(report.slices) == 1 else f"rows in {len(report.slices)} slices"
    of = "" if report.expected_images is None else f" of {report.expected_images}"
    return f"{report.num_images}{of} {pictures}"


def _said(ours: str, theirs: str, difference: "Comparison") -> str:
    """Say a comparison in one line."""
    words = f"{ours} against {theirs}: {difference.mean_db:+.3f} dB"
    if difference.interval_db is None:
        words += ", no interval (fewer than 3 pictures, or all differ alike)"
    else:
        low, high = difference.interval_db
        words += (
            f", 95 % interval {low:+.3f} to {high:+.3f} over {difference.num_pictures} pictures"
        )
    return f"{words}; better in {difference.wins} of {difference.num_rows} rows"
