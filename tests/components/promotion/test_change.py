"""Many at once, and killed at any point: one champion, the old or the new, on every kind of registry."""

import signal
import time

import pytest

from components.config import RegistryParams
from components.errors import StaleChampion
from components.promotion import lease, reconcile
from components.promotion.audit import audit
from components.promotion.entries import Author
from components.promotion.ledger import Ledger
from components.promotion.promote import promote
from components.tracking import Facts, RunName
from tests import promoters
from tests.candidates import candidate

_PATIENCE = 120  # seconds

POINTS = {  # after which write somebody is killed -> whether the champion is the new one after that
    "release.model": False,
    "release.ledger": False,
    "release.intended": False,
    "release.stored": False,
    "release.registered": False,
    "release.checked": False,
    "release.changed": True,
    "release.noted": True,
    "release.aliased": True,
    "release.done": True,
}


def uri_of(tracking):
    return "" if tracking.database else tracking.uri


def alias(tracking, model):
    with tracking.asking() as client:
        return str(client.get_registered_model(model).aliases["champion"])


def run_of(tracking, model, key="k"):
    return tracking.record(RunName(model, "way", f"{model} {key}"), Facts())


def test_of_sixteen_at_once_one_wins_and_the_others_say_who(
    tracking, model, line, processes, tmp_path
):
    line(tracking, 0)
    answers, start = processes.Queue(), processes.Event()
    crowd = [
        processes.Process(
            target=promoters.contend,
            args=(answers, n, uri_of(tracking), tracking.root, model, run_of(tracking, model, n)),
            kwargs={"folder": tmp_path / f"{n}", "seed": n, "over": "1", "start": start},
        )
        for n in range(1, 17)
    ]
    for process in crowd:
        process.start()
    start.set()
    said = [answers.get(timeout=_PATIENCE) for _ in crowd]
    for process in crowd:
        process.join(_PATIENCE)
    winners = [version for _, version, _ in said if version]
    assert winners == [alias(tracking, model)], said
    lost = [words for _, version, words in said if not version]
    assert len(lost) == 15
    told = f"judged against champion 1, but the champion is now version {winners[0]}, by "
    assert all(words.startswith("StaleChampion: ") and told in words for words in lost), lost
    chain = Ledger(model, tracking).chain()
    assert [link.entry.new.version for link in chain.changes] == ["1", *winners]
    assert audit(model, tracking) == []


def test_killed_after_any_write_the_champion_is_the_old_or_the_new(
    tracking, model, line, processes, tmp_path
):
    line(tracking, 0)
    seeds = {"1": 0, "2": 1}
    for point, is_changed in POINTS.items():
        now = alias(tracking, model)
        rival = {"1": "2", "2": "1"}[now]
        run_id = run_of(tracking, model)
        killed = processes.Process(
            target=promoters.promote,
            args=(uri_of(tracking), tracking.root, model, run_id, tmp_path / point),
            kwargs={"seed": seeds[rival], "over": now, "kill_at": point},
        )
        killed.start()
        killed.join(_PATIENCE)
        assert killed.exitcode == -signal.SIGKILL, point
        begun = time.monotonic()
        found = reconcile.reconcile(model, tracking)
        assert time.monotonic() - begun < 5
        assert found.champion == alias(tracking, model) == (rival if is_changed else now), point
        assert reconcile.reconcile(model, tracking).done == ()
    assert audit(model, tracking) == []


def test_after_a_kill_the_next_promotion_needs_nobody_to_reconcile(
    local, model, line, processes, tmp_path
):
    line(local, 0)
    for seed, point in enumerate(("release.intended", "release.changed"), start=1):
        killed = processes.Process(
            target=promoters.promote,
            args=("", local.root, model, run_of(local, model, seed), tmp_path / f"{seed}"),
            kwargs={"seed": seed, "over": "1", "kill_at": point},
        )
        killed.start()
        killed.join(_PATIENCE)
        assert killed.exitcode == -signal.SIGKILL
    student = candidate(tmp_path / "last", run_of(local, model), seed=9, over="2")
    assert promote(student, RegistryParams(model_name=model), tracking=local).version == "3"
    kinds = [link.entry.kind for link in Ledger(model, local).chain().links[3:]]
    assert kinds == ["intent", "abandoned"] + 2 * ["intent", "change", "settled"]


def test_what_another_machine_left_is_finished_when_its_lease_is_over(
    local, model, line, tmp_path, monkeypatch
):
    line(local, 0)
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.5)
    foreign = leave_intent(Ledger(model, local), run_of(local, model))
    begun = time.monotonic()
    student = candidate(tmp_path / "next", run_of(local, model), seed=1, over="1")
    promote(student, RegistryParams(model_name=model), tracking=local)
    assert 1.5 <= time.monotonic() - begun < 6
    ends = [
        link.entry for link in Ledger(model, local).chain().links if link.entry.kind == "abandoned"
    ]
    assert [(end.attempt, end.reason) for end in ends] == [
        (foreign.attempt, "somebody on elsewhere was cut off")
    ]


def test_a_killed_holder_blocks_others_for_less_than_ninety_seconds():
    looks = 2 * lease._LOOK_SECONDS
    assert lease.BEAT_SECONDS * 3 < lease.LEASE_SECONDS
    assert lease.LEASE_SECONDS + looks < 90


def test_who_lost_the_lease_changes_nothing(local, model, line, tmp_path, monkeypatch):
    line(local, 0)
    student = candidate(tmp_path / "slow", run_of(local, model), seed=1, over="1")

    def sleep(*_):
        """Somebody took this process for dead."""
        ledger = Ledger(model, local)
        link = ledger.chain().open
        lease.finish(ledger, link, elsewhere())

    monkeypatch.setattr("components.promotion.promote.require_serving", sleep)
    with pytest.raises(StaleChampion, match="lost the lease; the champion is now version 1"):
        promote(student, RegistryParams(model_name=model), tracking=local)
    assert alias(local, model) == "1"
    assert audit(model, local) == []


def elsewhere():
    return Author(
        actor="somebody", flow_run="", host="elsewhere", machine="elsewhere", pid=1, started=1.0
    )


def leave_intent(ledger, run_id):
    """Write the intent of a process of another machine that is gone."""
    chain = ledger.chain()
    entry = chain.links[0].entry.model_copy(
        update={
            "after": chain.head,
            "attempt": "f" * 32,
            "author": elsewhere(),
            "old": chain.champion,
            "time": chain.time,
        }
    )
    assert ledger.append(entry, run_id)
    return entry
