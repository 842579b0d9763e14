"""What a ledger says: who changed the champion of a model, when, from what to what, and why.

A change of the champion is three entries: an intent, which is the lease; the change itself, from which
on the new champion is the champion; and that the alias follows it. A change that came to nothing is an
intent and its end.
"""

import hashlib
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from components.parts import Strict

Action = Literal["promote", "rollback", "adopt", "repair"]
"""After a gate; back to an earlier champion; one from before the ledger; the alias put right."""


class Author(Strict):
    """Who wrote an entry.

    Attributes:
        machine: Where its process ran: host, boot, process numbers' space; equal on one machine alone.
        started: When the process started, seconds since 1970: numbers of processes come again.
    """

    actor: str
    flow_run: str = Field(description="of Prefect; empty outside a flow")
    host: str
    machine: str
    pid: int
    started: float


class Seat(Strict):
    """A version that is, or was, the champion."""

    version: str
    weights_sha256: str


class Entry(Strict):
    """One entry; its JSON text is what is stored and digested.

    Attributes:
        after: Digest of the entry before; empty for the first.
        attempt: Of the attempt that it is a part of, drawn at random: no two entries are equal.
        time: ISO, UTC, never before that of the entry before.
    """

    kind: Literal["intent", "change", "settled", "abandoned"]
    action: Action
    after: str
    attempt: str
    time: str
    author: Author
    old: Seat | None = Field(default=None, description="the champion before")
    new: Seat | None = Field(default=None, description="the champion after; of a change alone")
    verdict: str = Field(default="", description="outcome of the gate")
    evidence: str = Field(default="", description="sha256 of reports and verdict; may be empty")
    reason: str = ""

    @property
    def text(self) -> str:
        """What is stored."""
        return self.model_dump_json()

    @property
    def who(self) -> str:
        """The author in words."""
        flow = f", flow run {self.author.flow_run}" if self.author.flow_run else ""
        return f"{self.author.actor} on {self.author.host}{flow}"


def digest_of(text: str) -> str:
    """Digest a stored text."""
    return hashlib.sha256(text.encode()).hexdigest()


def now(not_before: str = "") -> str:
    """Tell the time as entries write it; clocks of several machines may differ."""
    return max(datetime.now(UTC).isoformat(timespec="microseconds"), not_before)
