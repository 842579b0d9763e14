"""The gate: only what is surely better, on the same benchmark, may become the champion."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gate_power import World, share_accepted
from components.config import BudgetParams, GateParams, load_params
from components.gate import Measured, judge, rejected
from components.judging import intervals
from tests.measured import COST, measured

NEEDED = {"min_gain_db": 0.05, "min_gain_over_reference_db": 0.1}
PARAMS = GateParams(**NEEDED)
BASE = 28 + np.arange(24) % 7 / 2
SPREAD = np.random.default_rng(0).normal(0, 0.25, 24)
SPREAD -= SPREAD.mean()

BICUBIC = measured(BASE - 1, label="bicubic")
NEAREST = measured(BASE - 3, label="nearest")
BEFORE = measured(BASE, label="before")
REFERENCES = [BICUBIC, NEAREST]
NAN, INF = math.nan, math.inf


def gaining(db, **changes):
    """A student whose pictures gain so much over the champion, give or take 0.25 dB."""
    return measured(BASE + db + SPREAD, **changes)


def spoilt(other, value, *, row=5):
    """One PSNR of a table is another, and the report says the new mean."""
    rows = other.rows.copy()
    rows.loc[row, "psnr_db"] = value
    mean = other.report.mean | {"psnr_db": float(rows["psnr_db"].mean())}
    return Measured(other.report.model_copy(update={"mean": mean}), rows)


@pytest.mark.parametrize(
    ("over_bicubic_db", "outcome"),
    [(2.0, "first"), (0.125, "first"), (0.0625, "rejected"), (0.0, "rejected"), (-1.0, "rejected")],
)
def test_a_first_model_must_beat_the_best_reference_by_its_margin(over_bicubic_db, outcome):
    answer = judge(measured(BASE - 1 + over_bicubic_db), None, REFERENCES, PARAMS)
    assert (answer.outcome, answer.passed) == (outcome, outcome == "first")
    assert (answer.gain_db, answer.interval_db) == (None, None)
    assert answer.rules[0].value == pytest.approx(over_bicubic_db)


@pytest.mark.parametrize(
    ("gain_db", "outcome"),
    [(0.3, "better"), (0.1, "rejected"), (0.0, "rejected"), (-0.3, "rejected")],
)
def test_a_successor_must_be_surely_better(gain_db, outcome):
    answer = judge(gaining(gain_db), BEFORE, REFERENCES, PARAMS)
    assert (answer.outcome, answer.passed) == (outcome, outcome == "better")
    assert (answer.gain_db, answer.num_pictures) == (pytest.approx(gain_db), 24)
    low, high = answer.interval_db
    assert low < gain_db < high
    student = 2 * 2.069 * SPREAD.std(ddof=1) / math.sqrt(24)  # of 23 degrees of freedom
    assert high - low == pytest.approx(student, rel=0.05)


def test_one_lucky_picture_is_no_gain():
    lucky = spoilt(spoilt(measured(BASE), INF), INF, row=5 + 24)
    answer = judge(lucky, BEFORE, REFERENCES, PARAMS)
    assert answer.gain_db > 1
    assert answer.outcome == "rejected"


def test_with_few_pictures_the_worst_of_them_must_gain():
    few = {"label": "before"}, {"label": "bicubic"}
    before, bicubic = (measured(BASE[:4] - n, **label) for n, label in enumerate(few))
    for worst, outcome in ((0.06, "better"), (0.04, "rejected")):
        student = measured(BASE[:4] + np.array([0.8, 0.3, worst, 0.5]))
        assert judge(student, before, [bicubic], PARAMS).outcome == outcome


def test_with_too_few_pictures_nobody_is_replaced():
    before, bicubic = measured(BASE[:3], label="before"), measured(BASE[:3] - 1, label="bicubic")
    student = measured(BASE[:3] + 5)
    assert judge(student, None, [bicubic], PARAMS).outcome == "first"
    answer = judge(student, before, [bicubic], PARAMS)
    assert (answer.outcome, answer.reasons) == (
        "rejected",
        ("3 pictures, replacing a champion needs 4",),
    )


@pytest.mark.parametrize("mode", ["off", "enforce", "dry_run"])
def test_a_tie_never_promotes_whatever_margin_and_mode(mode):
    smallest = GateParams(min_gain_db=5e-324, min_gain_over_reference_db=0.0, mode=mode)
    tie = judge(measured(BASE), BEFORE, REFERENCES, smallest)
    assert (tie.passed, tie.outcome, tie.gain_db) == (False, "rejected", 0.0)


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        (measured(BASE + 0.9, metrics={"ssim": [0.78] * 24}), "gain of ssim -0.0200"),
        (
            measured({"blur": BASE + 2, "noise": BASE - 0.4}),
            "against the champion, too low in noise -0.400 dB",
        ),
        (
            measured({"blur": BASE + 4, "noise": BASE - 1.6}),
            "against bicubic, too low in noise -0.600 dB",
        ),
    ],
)
def test_better_on_average_is_not_enough(student, reason):
    answer = judge(student, BEFORE, REFERENCES, PARAMS)
    assert answer.gain_db > 0.5
    assert answer.outcome == "rejected"
    assert any(said.startswith(reason) for said in answer.reasons), answer.reasons


@pytest.mark.parametrize(
    "limits",
    [
        {"floors": {"psnr_db": 40.0}},
        {"floors": {"lpips": 0.1}},
        {"budget": BudgetParams(num_parameters=10)},
        {"budget": BudgetParams(latency_ms=10.0)},
    ],
)
def test_floors_and_budgets_hold_for_the_first_model_too(limits):
    params = GateParams(**NEEDED, **limits)
    for champion in (None, BEFORE):
        answer = judge(gaining(1.0), champion, REFERENCES, params)
        assert answer.outcome == "rejected"
        assert len(answer.reasons) == 1


def test_a_student_slower_than_the_champion_allows_is_rejected():
    params = GateParams(**NEEDED, budget=BudgetParams(max_slowdown=1.5))
    slow = gaining(1.0, cost=COST.model_copy(update={"latency_ms": 160.0}))
    assert judge(slow, None, REFERENCES, params).outcome == "first"
    answer = judge(slow, BEFORE, REFERENCES, params)
    assert answer.reasons == ("slowdown: 1.6 times the champion's time, at most 1.5",)


def test_a_dry_run_judges_and_promotes_nobody():
    params = GateParams(**NEEDED, mode="dry_run")
    for champion, gain, outcome in (
        (None, 1.0, "first"),
        (BEFORE, 1.0, "better"),
        (BEFORE, 0.0, "rejected"),
    ):
        answer = judge(gaining(gain), champion, REFERENCES, params)
        assert (answer.passed, answer.outcome, answer.mode) == (False, outcome, "dry_run")
        assert answer.reasons[-1] == "the gate runs dry, nobody is promoted"


@pytest.mark.parametrize(
    ("champion", "gain_db", "outcome"),
    [(None, -5.0, "first"), (BEFORE, 0.001, "better"), (BEFORE, -0.001, "rejected")],
)
def test_a_gate_that_is_off_asks_for_a_higher_mean_alone(champion, gain_db, outcome):
    params = GateParams(**NEEDED, mode="off", floors={"psnr_db": 99.0})
    answer = judge(gaining(gain_db), champion, REFERENCES, params)
    assert (answer.outcome, answer.passed) == (outcome, outcome != "rejected")
    assert answer.reasons[-1] == "the gate is off, its rules were not applied"


BAD = [
    spoilt(gaining(5.0), NAN),
    spoilt(gaining(5.0), -INF),
    measured(BASE + 5, metrics={"ssim": [0.9] * 23 + [INF]}),
    measured(BASE + 5, metrics={"ssim": [0.9] * 23 + [NAN]}),
    measured(BASE + 5, benchmark_digest="c" * 64),
    measured(BASE + 5, expected_images=50),
    measured(BASE + 5, num_images=47),
    measured(BASE + 5, mean={"psnr_db": NAN, "ssim": 0.8}),
    measured(BASE + 5, mean={"psnr_db": INF, "ssim": 0.8}),
    measured(BASE + 5, mean={"ssim": 0.8}),
    measured(BASE[:23] + 5),
    Measured(gaining(5.0).report, gaining(5.0).rows.iloc[:-1]),
    Measured(gaining(5.0).report, gaining(5.0).rows.drop(columns="ssim")),
]


@pytest.mark.parametrize("mode", ["off", "enforce"])
@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_what_cannot_be_compared_is_rejected_with_a_reason_in_every_mode(bad, mode):
    params = GateParams(**NEEDED, mode=mode)
    for champion in (None, BEFORE):
        answer = judge(bad, champion, REFERENCES, params)
        assert (answer.passed, answer.outcome, answer.gain_db) == (False, "rejected", None)
        assert answer.reasons
        assert answer.rules == ()


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_champion_or_reference_that_cannot_be_compared_is_rejected(bad):
    other = dataclasses.replace(
        bad, report=bad.report.model_copy(update={"label": "other", "weights_sha256": "other"})
    )
    for champion, references in ((other, REFERENCES), (None, [BICUBIC, other])):
        answer = judge(gaining(5.0), champion, references, PARAMS)
        assert (answer.passed, answer.outcome) == (False, "rejected")
        assert "other" in " ".join(answer.reasons)


@pytest.mark.parametrize("champion", [None, BEFORE])
def test_without_a_reference_nothing_passes(champion):
    answer = judge(gaining(5.0), champion, [], PARAMS)
    assert answer.outcome == "rejected"
    assert answer.reasons == ("there is no reference, so the margin over it cannot be checked",)


def test_every_fault_is_said_at_once():
    before = measured(BASE, label="before", benchmark_digest="c" * 64)
    answer = judge(spoilt(gaining(5.0), NAN), before, [measured(BASE[:5], label="bicubic")], PARAMS)
    assert len(answer.reasons) == 3


def test_the_champion_itself_is_unchanged_whatever_its_numbers():
    same = spoilt(gaining(0.0, benchmark_digest="c" * 64), NAN)
    answer = judge(gaining(5.0), same, [BICUBIC], PARAMS)
    assert (answer.passed, answer.outcome, answer.gain_db) == (False, "unchanged", 0.0)


def test_reasons_are_the_broken_rules_else_all():
    first = judge(measured(BASE), None, REFERENCES, PARAMS)
    assert first.reasons == (
        "+1.000 dB over bicubic, needs +0.100",
        "against bicubic, lowest in blur +1.000 dB; a slice may lose 0.500",
        "there is no champion yet",
    )
    assert tuple(rule.sentence for rule in first.rules) == first.reasons[:2]
    worse = judge(gaining(-0.2), BEFORE, REFERENCES, PARAMS)
    assert [rule.name for rule in worse.rules if not rule.passed] == ["gain over the champion"]
    assert len(worse.reasons) == 1


def test_a_verdict_is_the_same_when_it_is_read_again():
    answer = judge(gaining(0.3), BEFORE, REFERENCES, PARAMS)
    assert type(answer).model_validate_json(answer.model_dump_json()) == answer
    assert judge(gaining(0.3), BEFORE, REFERENCES, PARAMS) == answer


# Of few promotions and resamples; benchmarks/gate_power.py runs 2,000 promotions.


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.setattr(intervals, "_RESAMPLES", 999)
    return load_params(Path(__file__).parents[2] / "params.yaml").gate


def test_of_students_that_gain_nothing_one_in_twenty_passes_at_most(shipped):
    assert share_accepted(World(24, 0.0), 100, shipped) <= 0.05


def test_of_students_that_gain_enough_nine_in_ten_pass(shipped):
    assert share_accepted(World(24, 0.3), 200, shipped) >= 0.9


def test_what_cannot_be_judged_is_rejected_with_its_reason():
    verdict = rejected(["not judged: the registry is away"], PARAMS)
    assert (verdict.passed, verdict.outcome, verdict.gain_db) == (False, "rejected", None)
    assert verdict.reasons == ("not judged: the registry is away",)
