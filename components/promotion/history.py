"""History: who was the champion when, and every change of it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time

from components import registry
from components.errors import RegistryError
from components.promotion.chain import Link
from components.promotion.entries import Entry
from components.promotion.ledger import Ledger
from components.tracking import Tracking

LATEST = "9999-12-31"
"""A moment after every change."""


@dataclass(frozen=True, slots=True)
class Term:
    """A champion, and since when.

    Attributes:
        asked: The moment that was asked about, UTC.
        version: None when there was no champion.
        entry: What made it the champion.
    """

    asked: datetime
    version: str | None
    entry: Entry | None


def history(model: str, tracking: Tracking) -> list[Link]:
    """List every change, and every attempt that came to nothing, the earliest first.

    Raises:
        LedgerError: the ledger was changed.
        RegistryError: MLflow failed, or there is no such model.
    """
    registry.require(model, tracking)
    links = Ledger(model, tracking).chain().links
    return [link for link in links if link.entry.kind in {"change", "abandoned"}]


def champion_at(model: str, moment: str, tracking: Tracking) -> Term:
    """Say which version was the champion at a time.

    Args:
        model: Its name.
        moment: ISO; without a zone it is UTC; a day alone means its end.
        tracking: Where the registry is.

    Raises:
        LedgerError: the ledger was changed.
        RegistryError: MLflow failed, there is no such model, or the time is none.
    """
    asked = moment_of(moment)
    registry.require(model, tracking)
    before = [
        link.entry
        for link in Ledger(model, tracking).chain().changes
        if datetime.fromisoformat(link.entry.time) <= asked
    ]
    last = before[-1] if before else None
    return Term(asked, last.new.version if last and last.new else None, last)


def moment_of(text: str) -> datetime:
    """Read a time; see `champion_at`.

    Raises:
        RegistryError: it is not ISO.

    Example:
        >>> moment_of("2026-05-01T12:00+02:00").isoformat()
        '2026-05-01T10:00:00+00:00'
        >>> moment_of("2026-05-01").isoformat()
        '2026-05-01T23:59:59.999999+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RegistryError(f"{text!r}: expected a day or time as in 2026-05-01T13:30") from error
    if re.fullmatch(r"[\d-]+|\d+-?W\d+-?\d*", text):
        moment = datetime.combine(moment, time.max)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def line(link: Link) -> str:
    """Write an entry as one line."""
    entry = link.entry
    old = entry.old.version if entry.old else "none"
    new = entry.new.version if entry.new else "none"
    what = f"{old} -> {new}" if entry.kind == "change" else f"{old} stays"
    notes = [entry.verdict, entry.reason, entry.evidence and f"evidence {entry.evidence[:12]}"]
    said = "; ".join(filter(None, notes))
    return f"{entry.time[:19]}Z  {entry.action:<8}  {what:<11}  {entry.who}: {said}"
