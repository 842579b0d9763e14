"""Section of the page: every version that was ever measured; numbers of a benchmark stay together."""

from dataclasses import dataclass

from components.reporting import formats
from components.reporting.findings import Findings
from components.reporting.standings import GAIN, Board, Standing, Standings, Value

_DIGITS = 2, 4  # of decibels, of other metrics


@dataclass(frozen=True, slots=True)
class Column:
    """A metric on a benchmark, or the gain by distillation there."""

    board: Board
    metric: str
    heading: str

    @property
    def digits(self) -> int:
        """Digits after the point."""
        return _DIGITS[0] if self.metric.endswith("_db") else _DIGITS[1]

    @property
    def is_gain(self) -> bool:
        """Whether it is a difference, which has a sign."""
        return self.metric == GAIN

    def value(self, row: Standing) -> Value | None:
        """Return what a version reached."""
        return row.value(self.board, self.metric)


@dataclass(frozen=True, slots=True)
class VersionsView:
    """What the section shows."""

    standings: Standings
    columns: tuple[Column, ...]


def view(findings: Findings) -> VersionsView | None:
    """Gather the section; None where nobody asked the registry."""
    standings = findings.facts.standings
    return None if standings is None else VersionsView(standings, columns(standings))


def columns(standings: Standings) -> tuple[Column, ...]:
    """List the columns, benchmark by benchmark; one in which no version has a value is left out."""
    known = [
        Column(board, metric, heading)
        for board in standings.boards
        for metric, heading in (
            *((name, formats.metric(name)) for name in board.metrics),
            (GAIN, "gain by distillation, dB"),
        )
    ]
    return tuple(column for column in known if any(map(column.value, standings.rows)))
