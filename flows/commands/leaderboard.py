"""`restill leaderboard`: every version that was ever released, ranked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.commands.terminal import enter, out, say

if TYPE_CHECKING:
    from components.reporting.standings import Standing, Standings
    from components.reporting.versions import Column

_SHOWN = 2  # benchmarks that a terminal is wide enough for


def leaderboard(
    suite: Annotated[
        str, typer.Option(help="A suite's name, or the beginning of a benchmark's digest.")
    ] = "",
    parquet: Annotated[
        Path | None, typer.Option(help="Write all numbers of all benchmarks to this file.")
    ] = None,
) -> None:
    """Rank every released version: metrics by benchmark, gain by distillation, cost."""
    checkout = enter()
    from components.archive.leaderboard import standings
    from components.archive.reading import read
    from components.archive.rows import Rows
    from components.tracking import Tracking

    tracking, store = Tracking(checkout.mlruns), checkout.workplace.store
    archive, rows = read(tracking, store), Rows(tracking, store)
    most = None if parquet or suite else _SHOWN
    found = standings(archive, rows.of, suite=suite, most=most)
    if parquet:
        found.write(parquet)
        say(f"{len(found.rows)} versions, {len(found.boards)} benchmarks: {parquet}")
    else:
        _print(found)


def _print(found: "Standings") -> None:
    """Print which benchmarks there are, then a line a version."""
    from components.reporting.versions import columns

    if not found.rows:
        say("no version was released yet")
        return
    say("means over pictures and slices, and their 95 % intervals")
    for number, board in enumerate(found.boards, start=1):
        of_data = f", test pictures of data {board.data[:12]}" if board.data else ""
        say(f"({number}) {board.title}, by protocol {board.protocol}{of_data}")
    if found.left_out:
        say(f"and {found.left_out} older; --suite names one, --parquet writes all")
    shown, numbers = columns(found), {b.digest: n for n, b in enumerate(found.boards, start=1)}
    if any(column.is_gain for column in shown):
        say("gain: over the same student without its teacher")
    table = Table()
    table.add_column("version", no_wrap=True)
    heads = [f"{_head(column)}\n({numbers[column.board.digest]})" for column in shown]
    speeds = [f"ms/MP\n{device}" for device in found.devices]
    for head in (*heads, "params", "GMACs\n/MP", *speeds):
        table.add_column(head, justify="right")
    for row in found.rows:
        values = [_value(column, row) for column in shown]
        table.add_row(_name(row), *values, *_cost(row, found.devices))
    out.print(table)


def _name(row: "Standing") -> str:
    word = ", ".join(row.aliases) or ("champion once" if row.reigned else "")
    return f"{row.reference}\n{word}" if word else row.reference


def _head(column: "Column") -> str:
    return "gain, dB" if column.is_gain else column.heading


def _value(column: "Column", row: "Standing") -> str:
    """Write a mean, and its interval below it."""
    value = column.value(row)
    if value is None:
        return ""
    form = f"{'+' if column.is_gain else ''}.{column.digits}f"
    interval = (
        f"\n{value.interval[0]:{form}} to {value.interval[1]:{form}}" if value.interval else ""
    )
    return f"{value.mean:{form}}{interval}"


def _cost(row: "Standing", devices: tuple[str, ...]) -> list[str]:
    numbers = [row.cost.get("giga_macs"), *(row.latency_on(device) for device in devices)]
    parameters = row.cost.get("num_parameters")
    return [
        "" if parameters is None else f"{parameters:,.0f}",
        *("" if number is None else f"{number:,.4g}" for number in numbers),
    ]
