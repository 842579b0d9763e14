"""Finish what somebody began to change and did not: undone before the change was written, done after."""

from components import faults, registry
from components.promotion.chain import Chain, Link
from components.promotion.entries import Author, Entry, now
from components.promotion.ledger import Ledger

ANCHOR = "restill.ledger"
"""Tag of a version: digest of the entry that made it the champion last, to tell a lost ledger by."""


def finish(ledger: Ledger, link: Link, author: Author) -> None:
    """End an open entry whose author is gone.

    Raises:
        RegistryError: MLflow failed.
    """
    if link.entry.kind == "intent":
        abandon(ledger, link, author, f"{link.entry.who} was cut off")
    else:
        settle(ledger, author)


def abandon(ledger: Ledger, link: Link, author: Author, reason: str) -> None:
    """End an intent; the champion stays.

    Raises:
        RegistryError: MLflow failed.
    """
    entry = _next(link.entry, author, kind="abandoned", after=link.row.digest, reason=reason)
    ledger.append(entry, link.row.run_id)


def settle(ledger: Ledger, author: Author) -> None:
    """Let the alias follow the last change, and write that it does.

    Safe to repeat and to do by several at once: whoever moved the alias looks at the ledger afterwards,
    so that the last to look leaves it where the ledger says.

    Raises:
        RegistryError: MLflow failed, or the version is gone.
    """
    while True:
        chain = ledger.chain()
        _follow(ledger, chain)
        faults.point("release.aliased")
        after = ledger.chain()
        link = after.open
        if after.champion != chain.champion:
            continue
        if link is None or link.entry.kind == "intent":
            return
        if ledger.append(
            _next(link.entry, author, kind="settled", after=link.row.digest), link.row.run_id
        ):
            faults.point("release.done")
            return


def _follow(ledger: Ledger, chain: Chain) -> None:
    change = chain.changes[-1]
    assert change.entry.new is not None  # noqa: S101 - a change without it is none of ours
    number = change.entry.new.version
    with ledger.tracking.asking() as client:
        client.set_model_version_tag(ledger.model, number, ANCHOR, change.row.digest)
    faults.point("release.noted")
    registry.point(ledger.model, number, ledger.tracking)


def _next(entry: Entry, author: Author, **changes: object) -> Entry:
    """Write the entry that ends another."""
    same = {"action": entry.action, "attempt": entry.attempt, "time": now(entry.time)}
    return Entry.model_validate(same | {"author": author} | changes)
