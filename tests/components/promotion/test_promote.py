"""Promotion as one process sees it: what becomes champion, what is written down, what is refused."""

import json
import zlib
from base64 import b64decode

import pytest

from components import registry
from components.config import RegistryParams
from components.errors import LedgerError, RegistryError, StaleChampion
from components.promotion import promote as station
from components.promotion.ledger import Ledger
from components.promotion.promote import promote
from components.tracking import Facts, RunName
from tests.candidates import candidate


@pytest.fixture
def params(model):
    return RegistryParams(model_name=model)


@pytest.fixture
def run_id(tracking, model):
    return tracking.record(RunName(model, "way", model), Facts())


def test_the_first_the_second_and_the_same_again(tracking, params, run_id, tmp_path, unchecked):
    first = candidate(tmp_path / "first", run_id)
    release = promote(first, params, tracking=tracking, flow_run="gold-elk")
    assert (release.name, release.version, release.alias) == (params.model_name, "1", "champion")
    now = registry.champion(params, tracking)
    assert (now.version, now.run_id) == ("1", run_id)
    assert now.weights_sha256 == first.checkpoint.sha256
    second = candidate(tmp_path / "second", run_id, seed=1, over="1")
    assert promote(second, params, tracking=tracking).version == "2"
    assert promote(second, params, tracking=tracking).version == "2"  # it is the champion already
    chain = Ledger(params.model_name, tracking).chain()
    changes = [link.entry for link in chain.changes]
    assert [(c.old and c.old.version, c.new.version) for c in changes] == [(None, "1"), ("1", "2")]
    assert changes[0].author.flow_run == "gold-elk"
    assert (changes[0].verdict, changes[0].reason) == ("better", "better by 0.5 dB")
    evidence = json.loads(chain.changes[0].row.evidence)
    assert evidence["candidate"]["weights_sha256"] == first.checkpoint.sha256


def test_checked_in_a_clean_process_a_bad_one_is_no_champion_and_the_attempt_is_kept(
    local, model, tmp_path
):
    params = RegistryParams(model_name=model)
    run_id = local.record(RunName(model, "way", model), Facts())
    promote(candidate(tmp_path / "good", run_id), params, tracking=local)
    broken = candidate(tmp_path / "bad", run_id, seed=1, over="1", spoil=float("nan"))
    with pytest.raises(RegistryError, match=r"champion stays: .* not finite$"):
        promote(broken, params, tracking=local)
    assert registry.alias(model, local) == "1"
    last = Ledger(model, local).chain().links[-1].entry
    assert last.kind == "abandoned"
    assert last.reason.endswith("not finite")


@pytest.mark.parametrize("over", [None, "7"])
def test_who_was_judged_against_another_is_told_who_won(local, model, line, tmp_path, over):
    line(local, 0)
    run_id = local.record(RunName(model, "late", "late"), Facts())
    late = candidate(tmp_path / "late", run_id, seed=4, over=over)
    told = (
        rf"judged against champion {over or 'none'}, but the champion is now version 1, by \S+ on "
    )
    with pytest.raises(StaleChampion, match=told):
        promote(late, RegistryParams(model_name=model), tracking=local)
    with local.asking() as client:
        assert len(client.search_model_versions(f"name = '{model}'")) == 1


def test_an_alias_that_somebody_moved_stops_a_promotion(local, model, line, tmp_path):
    line(local, 0, 1)
    registry.point(model, "1", local)
    run_id = local.record(RunName(model, "next", "next"), Facts())
    student = candidate(tmp_path / "next", run_id, seed=2, over="2")
    moved = (
        "the alias points to version 1, but by the ledger the champion is version 2: it was moved by "
        "something else than restill"
    )
    with pytest.raises(LedgerError, match=moved):
        promote(student, RegistryParams(model_name=model), tracking=local)
    assert registry.alias(model, local) == "1"


def test_a_champion_from_before_the_ledger_is_written_down(local, model, line, tmp_path):
    line(local, 0)
    with local.asking() as client:  # as an earlier version of the program left it
        client.delete_registered_model(f"{model}.ledger")
        client.delete_model_version_tag(model, "1", "restill.ledger")
    run_id = local.record(RunName(model, "next", "next"), Facts())
    student = candidate(tmp_path / "next", run_id, seed=2, over="1")
    assert promote(student, RegistryParams(model_name=model), tracking=local).version == "2"
    actions = [link.entry.action for link in Ledger(model, local).chain().changes]
    assert actions == ["adopt", "promote"]


def test_a_ledger_that_is_gone_is_no_new_beginning(local, model, line, tmp_path):
    line(local, 0)
    with local.asking() as client:
        client.delete_registered_model(f"{model}.ledger")
    run_id = local.record(RunName(model, "next", "next"), Facts())
    student = candidate(tmp_path / "next", run_id, seed=2, over="1")
    with pytest.raises(LedgerError, match="by entry [0-9a-f]{12} of its ledger, but there is none"):
        promote(student, RegistryParams(model_name=model), tracking=local)


def test_long_evidence_is_pressed(tmp_path, monkeypatch):
    student = candidate(tmp_path, "run")
    short = station._evidence(student)
    monkeypatch.setattr(station, "_LONGEST_EVIDENCE", 100)
    pressed = station._evidence(student)
    assert zlib.decompress(b64decode(pressed.removeprefix("zlib:"))).decode() == short
