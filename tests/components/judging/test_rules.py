"""Each rule on numbers worked by hand."""

import pandas as pd
import pytest

from components.judging import rules
from tests.measured import measured

BEFORE = measured([30.0, 31.0, 32.0, 33.0], label="before")


def gains(*values):
    return pd.Series(values, pd.Index([f"{n}.png" for n in range(len(values))], name="image"))


@pytest.mark.parametrize(("least_db", "passed"), [(0.5, True), (0.501, False)])
def test_the_mean_over_the_reference_may_equal_its_margin(least_db, passed):
    rule = rules.over_reference(measured([30.5, 31.5, 32.5, 33.5]), BEFORE, least_db)
    assert (rule.passed, rule.value) == (passed, 0.5)
    assert rule.sentence == f"+0.500 dB over before, needs {least_db:+.3f}"


@pytest.mark.parametrize(
    ("interval", "passed", "told"),
    [
        ((0.06, 0.2), True, "interval +0.060 to +0.200"),
        ((0.05, 0.2), False, "interval +0.050 to +0.200"),
        (None, False, "no interval can be had"),
    ],
)
def test_the_lower_end_must_exceed_the_margin(interval, passed, told):
    rule = rules.surely_over(gains(0.1, 0.2), interval, 0.05)
    assert rule.passed is passed
    assert rule.sentence == (
        f"+0.150 dB over the champion ({told}), the lower end needs more than +0.050"
    )


@pytest.mark.parametrize(("fewest", "passed"), [(3, True), (4, False)])
def test_pictures_are_counted_and_not_rows(fewest, passed):
    rule = rules.enough_pictures(pd.concat([gains(0.1, 0.2, 0.3)] * 5), fewest)
    assert (rule.passed, rule.value) == (passed, 3)


def test_a_slice_that_loses_too_much_is_named_though_the_mean_gains():
    values = {"blur": [31.0, 32.0, 33.0, 34.0], "noise": [29.6, 30.6, 31.6, 32.6]}
    against = {"allowed_db": 0.3, "name": "the champion"}
    rule = rules.no_slice_loses(measured(values), BEFORE, **against)
    assert (rule.passed, rule.name) == (False, "slices against the champion")
    assert rule.value == pytest.approx(-0.4)
    assert rule.sentence == (
        "against the champion, too low in noise -0.400 dB; a slice may lose 0.300"
    )
    assert rules.no_slice_loses(measured(values), BEFORE, **against | {"allowed_db": 0.5}).passed


def test_every_slice_that_loses_too_much_is_named_worst_first():
    values = {"blur": [29.6, 30.6, 31.6, 32.6], "noise": [29.0, 30.0, 31.0, 32.0]}
    rule = rules.no_slice_loses(measured(values), BEFORE, allowed_db=0.3, name="bicubic")
    assert "too low in noise -1.000 dB, blur -0.400 dB;" in rule.sentence


def lost(*losses, share=0.01):
    """Judge metrics called a, b, ... that lie so far below a champion's 1.0."""
    names = [f"m{number}" for number in range(len(losses))]
    theirs = measured([30.0] * 24, label="before", metrics=dict.fromkeys(names, [1.0] * 24))
    swing = [(-1) ** number * 0.02 for number in range(24)]
    ours = measured(
        [30.0] * 24,
        metrics={
            name: [1.0 - loss + s for s in swing] for name, loss in zip(names, losses, strict=True)
        },
    )
    return rules.nothing_else_lost(ours, theirs, share=share, confidence=0.95)


def test_a_metric_may_lose_its_share_at_the_intervals_end():
    # 24 swings of 0.02: the interval reaches 0.0086 below the mean.
    assert [rule.passed for rule in lost(0.0)] == [True]
    assert [rule.passed for rule in lost(0.003)] == [False]
    (rule,) = lost(0.0)
    assert (rule.name, rule.limit) == ("m0", -0.01)
    assert rule.value == pytest.approx(-0.0086, abs=4e-4)


def test_holm_asks_more_of_the_first_of_several_metrics():
    # At half the doubt the interval reaches 0.0099, which 0.0006 more exceed.
    assert [rule.passed for rule in lost(0.0006)] == [True]
    assert [rule.passed for rule in lost(0.0006, 0.0006)] == [False, False]


def test_what_holm_has_decided_leaves_its_doubt_to_the_others():
    assert [rule.passed for rule in lost(0.0006, -0.01)] == [True, True]


def test_a_metric_that_falls_is_held_the_other_way_round():
    names = {"lower_is_better": {"gmsd"}}
    ours = measured([30.0] * 4, metrics={"gmsd": [0.2] * 4}, **names)
    theirs = measured([30.0] * 4, metrics={"gmsd": [0.1] * 4}, **names)
    asked = {"share": 0.5, "confidence": 0.95}
    assert not rules.nothing_else_lost(ours, theirs, **asked)[0].passed
    assert rules.nothing_else_lost(theirs, ours, **asked)[0].passed


@pytest.mark.parametrize(
    ("metric", "limit", "passed", "sentence"),
    [
        ("psnr_db", 31.5, True, "mean psnr_db of 31.5000, at least 31.5000"),
        ("psnr_db", 32.0, False, "mean psnr_db of 31.5000, at least 32.0000"),
        ("gmsd", 0.3, True, "mean gmsd of 0.2000, at most 0.3000"),
        ("gmsd", 0.1, False, "mean gmsd of 0.2000, at most 0.1000"),
        ("ssmi", 0.1, False, "floor of ssmi: was not measured (there are: psnr_db, gmsd)"),
    ],
)
def test_a_floor_is_a_floor_or_a_ceiling(metric, limit, passed, sentence):
    student = measured(
        [30.0, 31.0, 32.0, 33.0], metrics={"gmsd": [0.2] * 4}, lower_is_better={"gmsd"}
    )
    (rule,) = rules.floors(student, {metric: limit})
    assert (rule.passed, rule.sentence) == (passed, sentence)
