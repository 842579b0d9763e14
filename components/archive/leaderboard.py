"""The leaderboard: every version that was ever measured, a row each; numbers of a benchmark stay together.

The gain by distillation pairs a version with the student of the same run that had no teacher: same network,
seed, pairs and steps.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from components.archive.records import ALONE, Archive, Measurement, Version
from components.errors import ProtocolError
from components.judging import intervals
from components.judging.intervals import Interval
from components.parts import near
from components.reporting import comparison
from components.reporting.standings import Board, Standing, Standings, Value

PRIMARY = "psnr_db"

Read = Callable[[Measurement], pd.DataFrame | None]
"""Reads the rows of a measurement; None when they are gone."""


def standings(
    archive: Archive, read: Read, *, suite: str = "", most: int | None = None
) -> Standings:
    """Rank all versions.

    Args:
        archive: What is known.
        read: Such as `rows.Rows.of`; asked for the boards that are shown.
        suite: The name of a suite, or the beginning of a benchmark's digest: only those boards, and only
            versions measured there. Empty for all.
        most: How many boards to show, the newest.

    Raises:
        ProtocolError: no version was measured on such a suite; the message lists what there is.
        RegistryError, StoreError: rows cannot be read.
    """
    boards = _boards(archive)
    wanted = [board for board in boards if _is_called(board, suite)] if suite else boards
    if suite and not wanted:
        raise ProtocolError(_no_board(suite, boards))
    shown = wanted[:most]
    rows = [_standing(version, archive, shown, read) for version in archive.versions[::-1]]
    return Standings(
        boards=tuple(shown),
        rows=tuple(
            sorted(
                (row for row in rows if row.values or not suite),
                key=lambda row: [_place(row.value(board, PRIMARY)) for board in shown],
            )
        ),
        left_out=len(wanted) - len(shown),
    )


def _boards(archive: Archive) -> list[Board]:
    """List the benchmarks that versions were measured on, that of the newest version first."""
    newest = sorted(archive.versions, key=lambda version: version.released, reverse=True)
    measured = [
        one
        for version in newest
        for one in sorted(
            archive.measured(version.weights), key=lambda one: one.digest != version.benchmark
        )
    ]
    return [
        _board([one for one in measured if one.digest == digest], archive)
        for digest in dict.fromkeys(one.digest for one in measured)
    ]


def _board(measured: Sequence[Measurement], archive: Archive) -> Board:
    digest = measured[0].digest
    data = archive.suites.get(digest, "")
    names = [one.suite for one in measured if one.suite]
    return Board(
        digest=digest,
        protocol=measured[0].protocol,
        suite=names[0] if names else "held out" if data else "",
        metrics=tuple(dict.fromkeys(metric for one in measured for metric in one.means)),
        data=data,
    )


def _is_called(board: Board, suite: str) -> bool:
    return board.suite == suite or board.digest.startswith(suite)


def _no_board(suite: str, boards: Iterable[Board]) -> str:
    there = [f"{board.title} ({board.protocol})" for board in boards]
    names = [board.suite for board in boards]
    return (
        f"no version was measured on suite {suite!r} (there are: {', '.join(there) or 'none'})"
        f"{near(suite, names)}"
    )


def _standing(version: Version, archive: Archive, boards: Iterable[Board], read: Read) -> Standing:
    found = [
        one
        for board in boards
        if (one := archive.measurements.get((version.weights, board.digest))) is not None
    ]
    tables = {one.digest: read(one) for one in found}
    gains = {one.digest: _gain(version, one, tables[one.digest], archive, read) for one in found}
    known = archive.models[version.weights].num_parameters
    costed = [one for one in archive.measured(version.weights) if one.cost]
    cost = {} if known is None else {"num_parameters": float(known)}
    return Standing(
        reference=version.reference,
        weights=version.weights,
        recipe=version.recipe,
        data=version.data,
        released=_day(version.released),
        aliases=version.aliases,
        reigned=tuple(reign.since[:10] for reign in archive.reigns_of(version)),
        values={one.digest: _values(one, tables[one.digest]) for one in found},
        gains={digest: gain for digest, gain in gains.items() if gain is not None},
        cost=cost | dict(costed[0].cost if costed else {}),
        device=costed[0].device if costed else "",
    )


def _values(one: Measurement, table: pd.DataFrame | None) -> dict[str, Value]:
    """Give each mean its interval, where the rows are known and finite."""
    rows = None if table is None else table.set_index("image")
    return {
        metric: Value(mean, None if rows is None else _interval(rows.get(metric)))
        for metric, mean in one.means.items()
    }


def _interval(column: pd.Series | None) -> Interval | None:
    if column is None or not np.isfinite(column).all():
        return None
    return intervals.of_mean(column)


def _gain(
    version: Version, ours: Measurement, table: pd.DataFrame | None, archive: Archive, read: Read
) -> Value | None:
    """Compare with the student without a teacher, on the same benchmark; None where it is not known."""
    way = archive.ways.get(version.run_id)
    alone = way.weights.get(ALONE, "") if way else ""
    theirs = archive.measurements.get((alone, ours.digest))
    if theirs is None or PRIMARY not in ours.means or PRIMARY not in theirs.means:
        return None
    other = read(theirs)
    if table is None or other is None:
        return Value(ours.means[PRIMARY] - theirs.means[PRIMARY])
    paired = comparison.compare(comparison.pair(table, other))
    return Value(paired.mean_db, paired.interval_db)


def _place(value: Value | None) -> float:
    """Sort the highest first; what was not measured, or is no number, last."""
    return math.inf if value is None or math.isnan(value.mean) else -value.mean


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
