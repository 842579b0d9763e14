"""The gate: only what is better by the margins, on the same benchmark, may become the champion."""

import math

import pytest

from components.artifacts import BenchmarkReport, Cost
from components.config import GateParams
from components.gate import judge

PARAMS = GateParams(min_gain_db=0.05, min_gain_over_reference_db=0.1)


def report(psnr_db, *, label="student", digest="b" * 64, num_images=20, weights=""):
    return BenchmarkReport(
        folder="benchmark/0",
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest=digest,
        num_images=num_images,
        mean={} if psnr_db is None else {"psnr_db": psnr_db, "ssim": 0.8},
        slices={},
        cost=Cost(num_parameters=1, giga_macs=1.0, latency_ms=1.0, device="cpu"),
        weights_sha256=weights,
    )


BICUBIC = report(28.0, label="bicubic")
NEAREST = report(26.0, label="nearest")
NAN, INF = math.nan, math.inf


def verdict(candidate, champion=None, references=(BICUBIC, NEAREST)):
    """Judge a candidate of so many dB against a champion of so many dB, None for no champion."""
    before = None if champion is None else report(champion, label="before", weights="old")
    return judge(report(candidate, weights="new"), before, references, PARAMS)


@pytest.mark.parametrize(
    ("candidate", "champion", "outcome"),
    [
        (29.0, None, "first"),
        (28.125, None, "first"),  # 0.125 dB over bicubic, the best reference
        (28.0625, None, "rejected"),
        (28.0, None, "rejected"),
        (27.0, None, "rejected"),  # better than nearest alone is not enough
        (29.0, 28.5, "better"),
        (28.5625, 28.5, "better"),
        (28.53125, 28.5, "rejected"),
        (28.5, 28.5, "rejected"),  # a tie
        (28.4, 28.5, "rejected"),
        (27.9, 27.0, "rejected"),  # better than the champion, worse than bicubic
        (NAN, None, "rejected"),
        (INF, None, "rejected"),
        (-INF, None, "rejected"),
        (NAN, 28.5, "rejected"),
        (INF, 28.5, "rejected"),
        (29.0, NAN, "rejected"),
        (29.0, -INF, "rejected"),
        (None, 28.5, "rejected"),  # measured by a protocol without PSNR
    ],
)
def test_the_table_of_verdicts(candidate, champion, outcome):
    answer = verdict(candidate, champion)
    assert answer.outcome == outcome
    assert answer.passed == (outcome in {"first", "better"})
    assert answer.reasons


def test_a_tie_never_promotes_whatever_the_margin():
    smallest = GateParams(min_gain_db=5e-324, min_gain_over_reference_db=0.0)
    tie = judge(report(29.0, weights="new"), report(29.0, weights="old"), [BICUBIC], smallest)
    assert (tie.passed, tie.gain_db) == (False, 0.0)


def test_the_margin_over_the_champion_must_be_above_zero():
    with pytest.raises(ValueError, match="greater than 0"):
        GateParams(min_gain_db=0.0, min_gain_over_reference_db=0.1)


def test_the_gain_is_over_the_champion():
    assert verdict(29.0, 28.5).gain_db == 0.5
    assert verdict(28.25, 28.5).gain_db == -0.25
    assert verdict(29.0, None).gain_db is None


def test_reasons_say_each_gain_beside_what_it_needs():
    assert verdict(28.75, 28.5).reasons == (
        "+0.750 dB over bicubic, needs +0.100",
        "+0.250 dB over the champion, needs +0.050",
    )
    assert verdict(29.0, None).reasons == (
        "+1.000 dB over bicubic, needs +0.100",
        "there is no champion yet",
    )


def test_the_champion_itself_is_unchanged_whatever_its_numbers():
    same = report(NAN, weights="new", digest="c" * 64)
    answer = judge(report(35.0, weights="new"), same, [BICUBIC], PARAMS)
    assert (answer.passed, answer.outcome, answer.gain_db) == (False, "unchanged", 0.0)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"digest": "c" * 64}, "before was measured on benchmark cccccccccccc, student on bbbb"),
        ({"num_images": 19}, "before has 19 rows, student 20"),
        ({"num_images": 21}, "before has 21 rows, student 20"),
    ],
)
def test_another_benchmark_is_rejected(other, reason):
    before = report(20.0, label="before", weights="old", **other)
    answer = judge(report(35.0, weights="new"), before, [BICUBIC], PARAMS)
    assert (answer.outcome, answer.gain_db) == ("rejected", None)
    assert any(said.startswith(reason) for said in answer.reasons)


@pytest.mark.parametrize(
    "reference",
    [
        report(20.0, label="bicubic", digest="c" * 64),
        report(20.0, label="bicubic", num_images=19),
        report(NAN, label="bicubic"),
        report(None, label="bicubic"),
    ],
)
def test_a_reference_that_cannot_be_compared_is_rejected(reference):
    answer = verdict(35.0, None, [reference, NEAREST])
    assert answer.outcome == "rejected"
    assert "bicubic" in " ".join(answer.reasons)


def test_without_a_reference_nothing_passes():
    for champion in (None, 20.0):
        answer = verdict(35.0, champion, [])
        assert answer.outcome == "rejected"
        assert answer.reasons == ("there is no reference, so the margin over it cannot be checked",)


def test_every_fault_is_said_at_once():
    before = report(INF, label="before", weights="old", digest="c" * 64)
    answer = judge(report(NAN, weights="new"), before, [BICUBIC], PARAMS)
    assert len(answer.reasons) == 3
