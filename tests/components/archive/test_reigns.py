"""What a ledger says of champions, and a ledger that somebody changed."""

import pytest

from components.archive.reading import read
from components.archive.records import Reign
from components.archive.reigns import reigns
from components.errors import LedgerError
from components.promotion.authors import here
from components.promotion.entries import Entry, Seat, digest_of
from components.promotion.ledger import Ledger
from components.store import Store
from components.tracking import Tracking
from tests import past


@pytest.fixture(scope="module")
def promoted(tmp_path_factory):
    """A model of two versions, each of which became the champion; and the last entry's digest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        tracking = Tracking(tmp_path_factory.mktemp("mlruns"))
        run_id = past.record(tracking, past.ONE)
        past.release(tracking, past.ONE, run_id)
        ledger = Ledger(past.MODEL, tracking)
        ledger.make()
        after, old = "", None
        for number in ("1", "2"):
            seat = Seat(version=number, weights_sha256=number * 64)
            entry = Entry(
                kind="change",
                action="promote",
                after=after,
                attempt=number,
                time=f"2026-01-0{number}T10:00:00",
                author=here(),
                old=old,
                new=seat,
                reason=f"for {number}",
            )
            assert ledger.append(entry, run_id)
            after, old = digest_of(entry.text), seat
        yield tracking, after


def test_every_change_of_the_champion_is_a_reign(promoted):
    tracking, digest = promoted
    first, second = reigns(past.MODEL, tracking)
    assert (first.number, first.since, first.reason) == (1, "2026-01-01T10:00:00", "for 1")
    wanted = Reign(past.MODEL, 2, "2026-01-02T10:00:00", f"2, {digest[:12]}", "for 2")
    assert second == wanted


def test_a_model_without_a_ledger_has_no_reigns(promoted):
    assert reigns("nobody", promoted[0]) == ()


def test_the_archive_has_the_reigns_and_no_entry_as_a_version(promoted, tmp_path):
    found = read(promoted[0], Store(tmp_path))
    assert [version.reference for version in found.versions] == ["tiny/1"]
    assert [reign.reason for reign in found.reigns_of(found.versions[0])] == ["for 1"]


def test_a_ledger_that_somebody_changed_is_not_believed(promoted):
    tracking, _ = promoted
    with tracking.asking() as client:
        version = client.get_model_version("tiny.ledger", "1")
        text = version.tags["restill.entry"]
        client.set_model_version_tag("tiny.ledger", "1", "restill.entry", text.replace("for", "of"))
    with pytest.raises(LedgerError, match=r"^ledger of tiny: entry 1 is not what was written"):
        reigns(past.MODEL, tracking)
