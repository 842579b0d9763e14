"""Correlations by hand, curves that are known, and fits that fail."""

import math

import numpy as np
import pytest

from components import correlation
from components.correlation import agreement, fit
from components.errors import PairError


def logistic(x, top, bottom, centre, width):
    return bottom + (top - bottom) / (1 + np.exp(-(x - centre) / width))


def test_ranks_worked_by_hand():
    # Ranks 1..5 against 2, 1, 4, 3, 5: squared differences 4, so 1 - 6 * 4 / (5 * 24) = 0.8;
    # of ten pairs, two are in the other order: (8 - 2) / 10.
    found = agreement([1, 2, 3, 4, 5], [20, 10, 40, 30, 50])
    assert found.srcc == pytest.approx(0.8)
    assert found.krcc == pytest.approx(0.6)


def test_ties_share_their_rank():
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / sqrt(4.5 * 5); tau-b 5 / sqrt(5 * 6).
    found = agreement([1, 2, 2, 3], [1, 2, 3, 4], form="linear")
    assert found.srcc == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert found.krcc == pytest.approx(5 / math.sqrt(30))


def test_ranks_do_not_depend_on_the_scale_of_the_scores():
    scores, opinions = np.array([0.2, 0.9, 0.4, 0.7, 0.5, 0.8]), [3, 9, 4, 6, 7, 8]
    plain, curved = agreement(scores, opinions), agreement(np.exp(9 * scores), opinions)
    assert (plain.srcc, plain.krcc) == (curved.srcc, curved.krcc)
    assert plain.plcc > curved.plcc + 0.1


def test_a_straight_line_is_least_squares_worked_by_hand():
    # Through (0, 0), (1, 0), (2, 3): slope 1.5, intercept -0.5; errors 0.5, -1, 0.5.
    mapping = fit([0, 1, 2], [0, 0, 3], "linear")
    assert mapping.mapped.tolist() == pytest.approx([-0.5, 1.0, 2.5])
    assert agreement([0, 1, 2], [0, 0, 3], form="linear").rmse == pytest.approx(math.sqrt(0.5))


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("form", ["4", "5"])
def test_opinions_on_a_logistic_are_met_exactly(form, direction):
    scores = np.linspace(20, 40, 30)
    opinions = logistic(direction * scores, 80, 10, direction * 31, 2.5)
    found = agreement(scores, opinions, form=form)
    assert found.form == form
    assert found.plcc_mapped == pytest.approx(1, abs=1e-9)
    assert found.rmse == pytest.approx(0, abs=1e-4)
    assert found.srcc == pytest.approx(direction)
    assert 0.9 < direction * found.plcc < 0.99


def test_five_parameters_also_follow_a_slope_beyond_the_step():
    scores = np.linspace(-3, 3, 40)
    opinions = 5 * (1 / (1 + np.exp(-3 * scores)) - 0.5) + 2 * scores + 7
    four, five = (agreement(scores, opinions, form=form) for form in ("4", "5"))
    assert five.rmse == pytest.approx(0, abs=1e-4)
    assert four.rmse > 0.05


def test_the_mapping_of_four_parameters_is_monotone():
    generator = np.random.default_rng(0)
    scores = generator.uniform(0, 1, 60)
    opinions = scores**3 + generator.normal(0, 0.1, 60)
    mapped = fit(scores, opinions, "4").mapped[np.argsort(scores)]
    assert (np.diff(mapped) >= 0).all()


def test_a_fit_never_does_worse_than_the_line_that_it_contains():
    generator = np.random.default_rng(1)
    for _ in range(20):
        scores, opinions = generator.normal(size=(2, 12))
        line = agreement(scores, opinions, form="linear")
        for form in ("4", "5"):
            found = agreement(scores, opinions, form=form)
            assert found.rmse <= line.rmse * (1 + 1e-9)
            assert (found.form == form) == (not found.note)


def test_a_search_that_ends_without_an_answer_is_said_and_becomes_a_line(monkeypatch):
    monkeypatch.setattr(correlation, "_EVALUATIONS", 3)
    scores, opinions = np.linspace(0, 1, 12), np.linspace(0, 1, 12) ** 4
    mapping = fit(scores, opinions, "5")
    assert mapping.form == "linear"
    assert "5 parameters" in mapping.note
    assert mapping.mapped == pytest.approx(fit(scores, opinions, "linear").mapped)


def test_numbers_around_a_large_value_are_still_told_apart():
    found = agreement([1e9 + 1, 1e9 + 2, 1e9 + 3], [1, 2, 3], form="linear")
    assert found.plcc == pytest.approx(1)


@pytest.mark.parametrize(
    ("scores", "opinions", "message"),
    [
        ([1, 2, 3], [1, 2], r"one length.*got \(3,\) and \(2,\)"),
        ([1, 2, 3, 4], [1, 2, 3, 4], r"at least 5 for the mapping '4'; got \(4,\)"),
        ([1, 2, math.nan, 4, 5], [1, 2, 3, 4, 5], "scores must be finite numbers, number 2 is nan"),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, math.inf], "opinions must be finite .* number 4 is inf"),
        ([0.1 + 0.2, 0.3, 0.3, 0.3, 0.3], [1, 2, 3, 4, 5], "scores must differ .* all are 0.3"),
    ],
)
def test_lists_that_cannot_be_compared_are_refused(scores, opinions, message):
    with pytest.raises(PairError, match=message):
        agreement(scores, opinions)
