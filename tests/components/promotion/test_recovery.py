"""Finishing what somebody else began: undone before the change was written, done after."""

import pytest

from components import registry
from components.promotion import authors, recovery
from components.promotion.entries import Entry, now
from components.promotion.ledger import Ledger


@pytest.fixture
def ledger(local, model, line):
    """Of a model with two champions, the second in service."""
    line(local, 0, 1)
    return Ledger(model, local)


def begin(ledger, kind, **changes):
    chain = ledger.chain()
    entry = Entry(
        kind=kind,
        action="rollback",
        after=chain.head,
        attempt="t",
        time=now(chain.time),
        author=authors.here(),
        old=chain.champion,
        **changes,
    )
    assert ledger.append(entry, chain.links[0].row.run_id)
    return ledger.chain().open


def back(ledger):
    """Begin to go back to the first champion, as far as the change."""
    first = ledger.chain().changes[0].entry.new
    begin(ledger, "intent")
    return begin(ledger, "change", new=first)


def test_an_intent_is_undone(ledger, model, local):
    recovery.finish(ledger, begin(ledger, "intent"), authors.here())
    chain = ledger.chain()
    assert chain.open is None
    assert chain.links[-1].entry.reason.endswith("was cut off")
    assert registry.alias(model, local) == "2"


def test_a_change_is_brought_to_its_end(ledger, model, local):
    change = back(ledger)
    recovery.finish(ledger, change, authors.here())
    chain = ledger.chain()
    assert (chain.open, chain.champion.version) == (None, "1")
    assert registry.alias(model, local) == "1"
    assert registry.version(model, "1", local).tags[recovery.ANCHOR] == change.row.digest


def test_two_that_finish_the_same_end_it_once(ledger, model, local):
    change = back(ledger)
    for _ in range(2):
        recovery.finish(ledger, change, authors.here())
    assert [link.entry.kind for link in ledger.chain().links[-2:]] == ["change", "settled"]


def test_who_wakes_late_leaves_the_alias_where_the_ledger_says_by_now(ledger, model, local):
    back(ledger)
    recovery.settle(ledger, authors.here())
    registry.point(model, "2", local)  # what a sleeper does who read the ledger long ago
    recovery.settle(ledger, authors.here())
    assert registry.alias(model, local) == "1"
