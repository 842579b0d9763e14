"""Appending on every kind of registry: whoever follows the end wins, all others have written nothing."""

import concurrent.futures

import pytest

from components.errors import LedgerError, RegistryError
from components.promotion.authors import here
from components.promotion.entries import Entry, now
from components.promotion.ledger import Ledger
from components.tracking import Facts, RunName


def entry(after, attempt):
    return Entry(
        kind="intent", action="promote", after=after, attempt=attempt, time=now(), author=here()
    )


@pytest.fixture
def ledger(tracking, model):
    ledger = Ledger(model, tracking)
    ledger.make()
    return ledger


@pytest.fixture
def run_id(tracking, model):
    return tracking.record(RunName(model, "way", model), Facts())


def test_a_ledger_that_was_never_written_is_empty(tracking):
    assert Ledger("nobody", tracking).chain().links == ()


def test_it_may_be_made_twice(ledger):
    ledger.make()
    assert ledger.chain().links == ()


def test_entries_follow_one_another(ledger, run_id):
    attempts = [f"t{n}" for n in range(3)]
    for attempt in attempts:
        assert ledger.append(entry(ledger.chain().head, attempt), run_id)
    links = ledger.chain().links
    assert [link.entry.attempt for link in links] == attempts
    assert [link.row.number for link in links] == [1, 2, 3]
    assert {link.row.run_id for link in links} == {run_id}


def test_the_same_entry_again_is_not_written_again(ledger, run_id):
    once = entry("", "t")
    assert ledger.append(once, run_id)
    assert ledger.append(once, run_id)
    assert len(ledger.rows()) == 1


def test_of_eight_at_once_one_counts(ledger, run_id):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        written = [pool.submit(ledger.append, entry("", f"t{n}"), run_id) for n in range(8)]
        counts = [done.result() for done in written]
    assert sum(counts) == 1
    (link,) = ledger.chain().links
    assert link.entry.attempt == f"t{counts.index(True)}"


def test_a_beat_is_seen_and_changes_no_entry(ledger, run_id):
    assert ledger.append(entry("", "t"), run_id)
    before = ledger.chain()
    ledger.beat(1, 7)
    after = ledger.chain()
    assert (after.head, after.links[0].row.beat, before.links[0].row.beat) == (
        before.head,
        "7",
        "0",
    )


def test_an_answer_that_got_lost_is_found_out(ledger, run_id, monkeypatch):
    write = ledger._write

    def written_but_not_said(*arguments):
        write(*arguments)
        raise RegistryError("connection reset")

    monkeypatch.setattr(ledger, "_write", written_but_not_said)
    assert ledger.append(entry("", "t"), run_id)
    assert len(ledger.rows()) == 1


def test_a_changed_ledger_is_neither_read_nor_written(ledger, run_id):
    assert ledger.append(entry("", "t"), run_id)
    with ledger.tracking.asking() as client:
        text = ledger.rows()[0].text
        client.set_model_version_tag(
            ledger.name, "1", "restill.entry", text.replace("intent", "change")
        )
    rule = rf"ledger of {ledger.model}: entry 1 is not what was written \(sha256\); nothing is promoted"
    for ask in (ledger.chain, lambda: ledger.append(entry("", "u"), run_id)):
        with pytest.raises(LedgerError, match=rule):
            ask()


def test_more_entries_than_a_page_are_all_read(ledger, run_id, monkeypatch):
    monkeypatch.setattr("components.promotion.ledger._A_PAGE", 2)
    for number in range(5):
        assert ledger.append(entry(ledger.chain().head, f"t{number}"), run_id)
    assert [row.number for row in ledger.rows()] == [1, 2, 3, 4, 5]
