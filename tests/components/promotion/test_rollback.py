"""The way back: one step, several, to a version by number, past what is damaged."""

import os
import shutil
import time

import pytest

from components import registry
from components.config import RegistryParams
from components.errors import RegistryError
from components.promotion.audit import audit
from components.promotion.ledger import Ledger
from components.promotion.promote import promote
from components.promotion.rollback import rollback
from components.tracking import GC, Facts, RunName
from tests.candidates import candidate


@pytest.fixture
def spoil(local, model):
    """Remove the files of a version."""

    def remove(number):
        shutil.rmtree(registry.folder_of(registry.version(model, number, local), local))

    return remove


def test_back_and_back_again_and_forward_by_number(tracking, model, line):
    line(tracking, 0, 1, 2)
    assert rollback(model, tracking, reason="faces blur").release.version == "2"
    assert rollback(model, tracking).release.version == "1"
    with pytest.raises(RegistryError, match="version 1 is the first champion"):
        rollback(model, tracking)
    assert rollback(model, tracking, to="3").left == "1"
    assert registry.alias(model, tracking) == "3"
    changes = [link.entry for link in Ledger(model, tracking).chain().changes[3:]]
    assert [(c.action, c.old.version, c.new.version) for c in changes] == [
        ("rollback", "3", "2"),
        ("rollback", "2", "1"),
        ("rollback", "1", "3"),
    ]
    assert changes[0].reason == "faces blur"
    assert audit(model, tracking) == []


def test_a_version_whose_files_are_gone_is_skipped_with_the_reason(local, model, line, spoil):
    line(local, 0, 1, 2)
    spoil("2")
    done = rollback(model, local)
    assert (done.left, done.release.version) == ("3", "1")
    (skipped,) = done.skipped
    assert skipped.startswith(f"version 2 was skipped: {model} version 2: ")
    assert "model.json: cannot be read" in skipped
    assert skipped in Ledger(model, local).chain().changes[-1].entry.reason


def test_a_version_that_gc_emptied_is_skipped(local, model, line):
    line(local, 0, 1, 2)
    with local.asking() as client:
        client.set_model_version_tag(model, "2", GC, "2026-01-01T00:00:00+00:00")
    (skipped,) = rollback(model, local).skipped
    assert "its files were removed by `restill gc` on 2026-01-01" in skipped


def test_where_nothing_works_the_champion_stays(local, model, line, spoil):
    line(local, 0, 1)
    spoil("1")
    with pytest.raises(RegistryError, match="no earlier champion works: version 1 was skipped"):
        rollback(model, local)
    with pytest.raises(RegistryError, match=f"^{model} version 1: .*cannot be read"):
        rollback(model, local, to="1")
    assert registry.alias(model, local) == "2"


def test_only_a_champion_is_gone_back_to(local, model, line):
    line(local, 0, 1)
    for to, rule in (
        ("9", r"version '9' was never the champion \(there were: 1, 2\)"),
        ("2", "version 2 is the champion already"),
    ):
        with pytest.raises(RegistryError, match=rule):
            rollback(model, local, to=to)


def test_a_model_that_is_not_there_has_no_way_back(local, model):
    with pytest.raises(RegistryError, match=f"no model '{model}' in the registry"):
        rollback(model, local)
    registry.make(model, local)
    with pytest.raises(RegistryError, match="nothing was ever promoted"):
        rollback(model, local)


def test_a_rollback_keeps_what_somebody_moved_by_hand(local, model, line):
    line(local, 0, 1)
    registry.point(model, "1", local)
    rollback(model, local, to="1")
    assert audit(model, local) == []


def test_with_its_checks_it_takes_less_than_ten_seconds(local, model, tmp_path):
    params = RegistryParams(model_name=model)
    run_id = local.record(RunName(model, "way", model), Facts())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.promotion.serving_check._probe", lambda _: "")
        promote(candidate(tmp_path / "1", run_id), params, tracking=local)
        promote(candidate(tmp_path / "2", run_id, seed=1, over="1"), params, tracking=local)
    begun = time.monotonic()
    assert rollback(model, local).release.version == "1"
    assert time.monotonic() - begun < 10 * max(1, os.getloadavg()[0] / os.cpu_count())
