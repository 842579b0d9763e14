"""Which entries of a ledger count, and who is the champion by them: a function of the stored rows.

Rows have numbers that the registry gives, each once. An entry names the digest of the one that it
follows. It counts if that is the last that counts so far; if it is an earlier one, somebody else was
faster, and the entry never happened. So of any number of writers that saw the same ledger exactly one
wins, by nothing but unique numbers. An entry that follows nothing known proves that a row was changed
or removed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from components.promotion.entries import Entry, Seat, digest_of


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the registry stores it.

    Attributes:
        number: From 1, without gaps.
        digest: What the row itself says the text's is.
        beat: Changes while its author is at work.
        evidence: What the entry's `evidence` is the digest of.
        run_id: Of MLflow; see `Ledger.append`.
    """

    number: int
    text: str
    digest: str
    beat: str = ""
    evidence: str = ""
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry that counts."""

    row: Row
    entry: Entry


@dataclass(frozen=True, slots=True)
class Chain:
    """What a ledger says.

    Attributes:
        links: The entries that count, in order.
        faults: What proves that somebody changed rows; empty for a whole ledger.
    """

    links: tuple[Link, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """Digest of the last entry; empty for an empty ledger."""
        return self.links[-1].row.digest if self.links else ""

    @property
    def time(self) -> str:
        """Time of the last entry; empty for an empty ledger."""
        return self.links[-1].entry.time if self.links else ""

    @property
    def open(self) -> Link | None:
        """The entry whose author is at work, or was cut off; None when all is settled."""
        last = self.links[-1] if self.links else None
        return last if last and last.entry.kind in {"intent", "change"} else None

    @property
    def changes(self) -> list[Link]:
        """Every change of the champion, in order."""
        return [link for link in self.links if link.entry.kind == "change"]

    @property
    def champion(self) -> Seat | None:
        """The champion; None before the first change."""
        changes = self.changes
        return changes[-1].entry.new if changes else None

    @property
    def stack(self) -> list[Seat]:
        """The champion, last, on those that a rollback goes back to; a rollback takes down to its target."""
        stack: list[Seat] = []
        for seat in (link.entry.new for link in self.changes):
            if seat is not None:
                stack = stack[: stack.index(seat)] if seat in stack else stack
                stack.append(seat)
        return stack

    @property
    def seats(self) -> dict[str, Seat]:
        """Every version that ever was the champion, by its number."""
        seats = (link.entry.new for link in self.changes)
        return {seat.version: seat for seat in seats if seat is not None}

    @property
    def terms(self) -> dict[str, int]:
        """Version -> number of the row that made it the champion last: higher is later."""
        return {link.entry.new.version: link.row.number for link in self.changes if link.entry.new}


@dataclass(slots=True)
class _Replay:
    """The rows so far."""

    links: list[Link] = field(default_factory=list)
    known: set[str] = field(default_factory=lambda: {""})
    faults: list[str] = field(default_factory=list)
    champion: Seat | None = None

    def take(self, row: Row) -> None:
        """Let the next row count, or say what is wrong with it."""
        entry = self._read(row)
        if entry is None:
            return
        head = self.links[-1].row.digest if self.links else ""
        if entry.after not in self.known:
            self._blame(row, "follows an entry that is not there: one before it was changed")
        elif entry.after == head and row.digest not in self.known:
            self.links.append(Link(row, entry))
            self.known.add(row.digest)
            self._follow(row, entry)

    def _read(self, row: Row) -> Entry | None:
        if digest_of(row.text) != row.digest:
            self._blame(row, "is not what was written (sha256)")
            return None
        try:
            return Entry.model_validate_json(row.text)
        except ValidationError:
            self._blame(row, "is not an entry that this version can read")
            return None

    def _follow(self, row: Row, entry: Entry) -> None:
        if entry.kind != "change":
            return
        if entry.old != self.champion:
            self._blame(row, "changes from a version that was not the champion")
        if entry.evidence != (digest_of(row.evidence) if row.evidence else ""):
            self._blame(row, "has other evidence than was written (sha256)")
        self.champion = entry.new

    def _blame(self, row: Row, rule: str) -> None:
        self.faults.append(f"entry {row.number} {rule}")


def replay(rows: Iterable[Row]) -> Chain:
    """Go through the rows of a ledger.

    Args:
        rows: In any order.
    """
    ordered: Sequence[Row] = sorted(rows, key=lambda row: row.number)
    so_far = _Replay()
    present = {row.number for row in ordered}
    for row in ordered:
        if row.number > 1 and row.number - 1 not in present:
            so_far.faults.append(f"entry {row.number - 1} is missing")
        so_far.take(row)
    return Chain(tuple(so_far.links), tuple(so_far.faults))
