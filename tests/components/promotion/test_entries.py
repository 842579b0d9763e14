"""What is stored of an entry is what is read."""

import re

from components.promotion.entries import Author, Entry, Seat, digest_of, now

ENTRY = Entry(
    kind="change",
    action="rollback",
    after="a" * 64,
    attempt="t",
    time="2026-05-01T00:00:00.000000+00:00",
    author=Author(actor="Ännchen", flow_run="gold-elk", host="h", machine="m", pid=7, started=1.5),
    old=Seat(version="2", weights_sha256="w"),
    new=Seat(version="1", weights_sha256="v"),
    reason="blurred faces",
)


def test_an_entry_is_read_as_it_was_written():
    again = Entry.model_validate_json(ENTRY.text)
    assert again == ENTRY
    assert digest_of(again.text) == digest_of(ENTRY.text)


def test_every_field_is_under_the_digest():
    changes = {"kind": "settled", "reason": "", "new": None, "attempt": "u", "verdict": "better"}
    digests = {
        digest_of(ENTRY.model_copy(update={name: value}).text) for name, value in changes.items()
    }
    assert len(digests | {digest_of(ENTRY.text)}) == len(changes) + 1


def test_the_author_is_said_with_the_flow_run_where_there_is_one():
    assert ENTRY.who == "Ännchen on h, flow run gold-elk"
    alone = ENTRY.author.model_copy(update={"flow_run": ""})
    assert ENTRY.model_copy(update={"author": alone}).who == "Ännchen on h"


def test_times_are_in_utc_and_never_go_back():
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", now())
    assert now("2999-01-01") == "2999-01-01"
