"""Waiting for whoever is at work, by signs of life and never by another machine's clock."""

import threading
import time

import pytest

from components.promotion import authors, lease
from components.promotion.chain import Link, Row
from components.promotion.entries import Entry
from components.promotion.ledger import Ledger


def link(beat="0", *, digest="d", **author):
    by = authors.here().model_copy(update=author)
    entry = Entry(kind="intent", action="promote", after="", attempt="t", time="", author=by)
    return Link(Row(1, "", digest, beat), entry)


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    hands = [100.0]
    monkeypatch.setattr(lease.time, "monotonic", lambda: hands[0])
    return hands


def test_somebody_elsewhere_without_a_sign_for_a_minute_has_lost_the_lease(clock):
    watch = lease.Watch()
    assert not watch.is_lost(link(machine="elsewhere"))
    clock[0] += lease.LEASE_SECONDS - 1
    assert not watch.is_lost(link(machine="elsewhere"))
    clock[0] += 1
    assert watch.is_lost(link(machine="elsewhere"))


@pytest.mark.parametrize("sign", [{"beat": "1"}, {"digest": "e"}])
def test_a_sign_of_life_begins_the_minute_anew(clock, sign):
    watch = lease.Watch()
    watch.is_lost(link(machine="elsewhere"))
    assert not watch.alive
    clock[0] += lease.LEASE_SECONDS - 1
    assert not watch.is_lost(link(machine="elsewhere", **sign))
    assert watch.alive
    clock[0] += lease.LEASE_SECONDS - 1
    assert not watch.is_lost(link(machine="elsewhere", **sign))


def test_a_process_of_this_machine_that_is_gone_has_lost_it_at_once():
    assert lease.Watch().is_lost(link(started=1.0))


def test_who_is_at_work_shows_it(local, model, line, monkeypatch):
    line(local, 0)
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.05)
    ledger = Ledger(model, local)
    with lease.beating(ledger, 1):
        end = time.monotonic() + 20
        while int(ledger.rows()[0].beat) < 2:
            assert time.monotonic() < end
    assert threading.active_count() < 20
    still = ledger.rows()[0].beat
    time.sleep(0.2)
    assert ledger.rows()[0].beat == still
    assert ledger.chain().faults == ()
