"""After a kill, after a hand in the registry, and when there is nothing to do."""

import pytest

from components import registry
from components.config import RegistryParams
from components.errors import LedgerError, RegistryError
from components.promotion import authors, lease
from components.promotion.audit import audit
from components.promotion.entries import Entry, now
from components.promotion.ledger import ENTRY, Ledger
from components.promotion.reconcile import reconcile, settled_champion


def leave(ledger, **author):
    """Write an intent that nobody ends."""
    chain = ledger.chain()
    entry = Entry(
        kind="intent",
        action="promote",
        after=chain.head,
        attempt="t",
        time=now(chain.time),
        author=authors.here().model_copy(update={"actor": "ann", "host": "h"} | author),
        old=chain.champion,
    )
    assert ledger.append(entry, chain.links[0].row.run_id)


def test_where_all_is_well_nothing_is_done(tracking, model, line):
    line(tracking, 0)
    before = Ledger(model, tracking).rows()
    found = reconcile(model, tracking)
    assert (found.champion, found.done) == ("1", ())
    assert Ledger(model, tracking).rows() == before


def test_an_alias_that_was_moved_is_put_back_on_the_record(tracking, model, line):
    line(tracking, 0, 1)
    registry.point(model, "1", tracking)
    with pytest.raises(LedgerError, match="moved by something else than restill"):
        settled_champion(RegistryParams(model_name=model), tracking)
    found = reconcile(model, tracking)
    assert found.done == ("the alias points to version 1; put back to version 2",)
    assert registry.alias(model, tracking) == "2"
    last = Ledger(model, tracking).chain().changes[-1].entry
    assert (last.action, last.reason) == ("repair", "the alias points to version 1, put back")
    assert audit(model, tracking) == []


def test_what_was_cut_off_is_undone_and_told(local, model, line):
    line(local, 0)
    leave(Ledger(model, local), started=1.0)
    (done,) = reconcile(model, local).done
    assert done.startswith("promote of 20")
    assert done.endswith(" by ann on h was cut off; undone")


def test_who_is_at_work_is_left_alone(local, model, line):
    line(local, 0)
    leave(Ledger(model, local))
    (done,) = reconcile(model, local).done
    assert done.endswith(" by ann on h is at work")
    assert settled_champion(RegistryParams(model_name=model), local).version == "1"
    assert Ledger(model, local).chain().open is not None


def test_of_another_machine_it_waits_for_a_sign_or_the_end_of_the_lease(
    local, model, line, monkeypatch
):
    line(local, 0)
    monkeypatch.setattr(lease, "LEASE_SECONDS", 0.5)
    leave(Ledger(model, local), machine="elsewhere")
    (done,) = reconcile(model, local).done
    assert done.endswith("was cut off; undone")


def test_without_a_champion_there_is_nothing(local, model):
    registry.make(model, local)
    assert reconcile(model, local).champion is None
    assert settled_champion(RegistryParams(model_name=model), local) is None


def test_a_ledger_that_was_changed_says_nothing_about_anybody(local, model, line):
    line(local, 0)
    with local.asking() as client:
        client.set_model_version_tag(f"{model}.ledger", "2", ENTRY, "{}")
    for ask in (
        lambda: reconcile(model, local),
        lambda: settled_champion(RegistryParams(model_name=model), local),
    ):
        with pytest.raises(LedgerError, match="entry 2 is not what was written"):
            ask()


def test_an_unknown_model_is_refused(local, model):
    with pytest.raises(RegistryError, match=f"no model '{model}' in the registry"):
        reconcile(model, local)
