"""Which entries count: races, tampering, and who is the champion by them."""

import itertools

import pytest

from components.promotion.chain import Row, replay
from components.promotion.entries import Author, Entry, Seat, digest_of

AUTHOR = Author(actor="ann", flow_run="", host="h", machine="h 1", pid=1, started=1.0)
FIRST, SECOND, THIRD = (Seat(version=n, weights_sha256=n * 64) for n in "123")


def entry(after, kind="intent", **changes):
    time = "2026-05-01T00:00:00.000000+00:00"
    given = {"action": "promote", "attempt": "t", "time": time, "author": AUTHOR} | changes
    return Entry(kind=kind, after=after, **given)


class Book:
    """A ledger in a list."""

    def __init__(self):
        self.rows = []

    def write(self, written, evidence=""):
        digest = digest_of(written.text)
        self.rows.append(Row(len(self.rows) + 1, written.text, digest, evidence=evidence))
        return digest

    def change(self, old, new, **changes):
        """Write the three entries of a change."""
        intent = self.write(entry(replay(self.rows).head, old=old))
        done = self.write(entry(intent, "change", old=old, new=new, **changes))
        self.write(entry(done, "settled"))

    @property
    def chain(self):
        return replay(self.rows)


@pytest.fixture
def book():
    book = Book()
    for old, new in itertools.pairwise((None, FIRST, SECOND, THIRD)):
        book.change(old, new)
    return book


def test_an_empty_ledger_has_no_champion_and_is_free():
    chain = replay([])
    assert (chain.head, chain.champion, chain.open, chain.faults) == ("", None, None, ())


def test_the_last_change_makes_the_champion(book):
    assert book.chain.champion == THIRD
    assert list(book.chain.seats.values()) == [FIRST, SECOND, THIRD]
    assert book.chain.terms == {"1": 2, "2": 5, "3": 8}


def test_the_order_of_rows_as_they_come_does_not_matter(book):
    assert replay(book.rows[::-1]) == book.chain


def test_of_two_that_follow_the_same_entry_the_first_counts(book):
    head = book.chain.head
    won = book.write(entry(head, attempt="a"))
    book.write(entry(head, attempt="b"))
    assert (book.chain.head, book.chain.faults) == (won, ())
    assert book.chain.open.entry.attempt == "a"


def test_a_late_change_of_somebody_who_lost_the_lease_does_not_count(book):
    mine = book.write(entry(book.chain.head, attempt="mine", old=THIRD))
    book.write(entry(mine, "abandoned", attempt="mine"))
    book.write(entry(mine, "change", attempt="mine", old=THIRD, new=FIRST))
    assert (book.chain.champion, book.chain.faults) == (THIRD, ())


def test_an_entry_that_was_sent_twice_counts_once(book):
    twice = entry(book.chain.head)
    book.write(twice)
    length = len(book.chain.links)
    book.write(twice)
    assert (len(book.chain.links), book.chain.faults) == (length, ())


def test_an_intent_and_a_change_are_open_and_their_ends_are_not(book):
    states = [replay(book.rows[:n]).open is not None for n in range(4)]
    assert states == [False, True, True, False]


def test_any_changed_byte_is_found(book):
    whole = book.rows[4]
    for place in range(0, len(whole.text), 7):
        byte = chr(ord(whole.text[place]) ^ 1)
        changed = whole.text[:place] + byte + whole.text[place + 1 :]
        book.rows[4] = Row(5, changed, whole.digest)
        assert book.chain.faults[0] == "entry 5 is not what was written (sha256)"
        book.rows[4] = Row(5, changed, digest_of(changed))  # and its digest with it
        assert book.chain.faults


def test_a_removed_entry_is_found(book):
    del book.rows[3]
    assert book.chain.faults[0] == "entry 4 is missing"


def test_a_removed_beginning_is_found(book):
    later = [Row(n, row.text, row.digest) for n, row in enumerate(book.rows[3:], start=1)]
    assert replay(later).faults[0].startswith("entry 1 follows an entry that is not there")


def test_other_evidence_is_found():
    book = Book()
    book.change(None, FIRST, evidence=digest_of("31.2 dB"))
    assert book.chain.faults == ("entry 2 has other evidence than was written (sha256)",)


def test_a_change_from_somebody_who_was_not_the_champion_is_found(book):
    book.change(FIRST, SECOND)
    assert book.chain.faults == ("entry 11 changes from a version that was not the champion",)


def test_an_entry_of_another_version_of_the_program_is_no_guess(book):
    text = '{"kind": "vote"}'
    book.rows.append(Row(10, text, digest_of(text)))
    assert book.chain.faults == ("entry 10 is not an entry that this version can read",)


def test_rollbacks_go_back_further_and_further_and_not_to_and_fro(book):
    assert book.chain.stack == [FIRST, SECOND, THIRD]
    book.change(THIRD, SECOND)
    assert book.chain.stack == [FIRST, SECOND]
    book.change(SECOND, THIRD)
    assert book.chain.stack == [FIRST, SECOND, THIRD]
