"""Whatever is done behind the ledger's back is found."""

import pytest

from components import registry
from components.errors import RegistryError
from components.promotion.audit import audit
from components.promotion.ledger import ENTRY, Ledger
from components.tracking import GC
from components.training import checkpoint


def weights_of(tracking, model, number):
    folder = registry.folder_of(registry.version(model, number, tracking), tracking)
    return folder / "artifacts/checkpoint" / checkpoint.WEIGHTS


def test_what_nobody_touched_is_in_order(tracking, model, line):
    line(tracking, 0, 1)
    assert audit(model, tracking) == []


@pytest.mark.parametrize("place", [10, 200, -10])
def test_a_changed_byte_of_the_ledger_is_found(tracking, model, line, place):
    line(tracking, 0, 1)
    ledger = Ledger(model, tracking)
    text = ledger.rows()[1].text
    changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place:][1:]
    with tracking.asking() as client:
        client.set_model_version_tag(ledger.name, "2", ENTRY, changed)
    assert audit(model, tracking)[0] == "ledger: entry 2 is not what was written (sha256)"


def test_a_changed_byte_of_any_champion_is_found(local, model, line):
    line(local, 0, 1)
    file = weights_of(local, model, "1")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert audit(model, local) == [f"version 1: {file} is missing or damaged (sha256)"]


@pytest.mark.parametrize(("number", "named"), [("1", "version 1"), (None, "no version")])
def test_an_alias_that_was_moved_or_removed_is_found(tracking, model, line, number, named):
    line(tracking, 0, 1)
    with tracking.asking() as client:
        if number:
            client.set_registered_model_alias(model, "champion", number)
        else:
            client.delete_registered_model_alias(model, "champion")
    (fault,) = audit(model, tracking)
    assert fault == (
        f"the alias champion points to {named}, but by the ledger the champion is version 2: it was "
        "moved by something else than restill"
    )


def test_a_cut_off_end_of_the_ledger_is_found(local, model, line):
    line(local, 0, 1)
    with local.asking() as client:
        for row in ("4", "5", "6"):
            client.delete_model_version(f"{model}.ledger", row)
    said = audit(model, local)
    assert any("version 2 was made the champion by entry" in fault for fault in said)
    assert any("by the ledger the champion is version 1" in fault for fault in said)


def test_a_removed_champion_is_found(local, model, line):
    line(local, 0, 1)
    with local.asking() as client:
        client.delete_model_version(model, "2")
    said = audit(model, local)
    assert "version 2 was the champion once, and is no longer in the registry" in said
    assert any("points to no version" in fault for fault in said)


def test_other_weights_under_the_same_number_are_found(local, model, line):
    line(local, 0)
    with local.asking() as client:
        client.set_model_version_tag(model, "1", "weights_sha256", "0" * 64)
    assert audit(model, local) == ["version 1 has other weights than the ledger says (tag)"]


def test_an_earlier_champion_that_gc_emptied_is_no_fault(local, model, line):
    line(local, 0, 1)
    weights_of(local, model, "1").unlink()
    with local.asking() as client:
        client.set_model_version_tag(model, "1", GC, "2026-01-01T00:00:00+00:00")
    assert audit(model, local) == []


def test_an_unknown_model_is_refused(local, model):
    with pytest.raises(RegistryError, match=f"no model '{model}' in the registry"):
        audit(model, local)
