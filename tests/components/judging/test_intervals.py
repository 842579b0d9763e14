"""Intervals of a mean: against Student's, and how often they hold with few pictures."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from components.judging.intervals import FEWEST_PICTURES, of_mean


def differences(values, *, slices=1):
    names = [f"{number}.png" for number in range(len(values))]
    return pd.Series(np.tile(values, slices), pd.Index(np.tile(names, slices), name="image"))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_on_normal_differences_the_interval_is_students(confidence):
    values = stats.norm(0.2, 0.35).ppf((np.arange(24) + 0.5) / 24)  # no skew, so nothing to correct
    low, high = of_mean(differences(values), confidence)
    student = stats.t.interval(confidence, 23, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(student, abs=0.012)


def test_of_four_pictures_the_interval_ends_at_the_worst_and_the_best():
    assert of_mean(differences([0.3, -0.2, 0.1, 0.6])) == pytest.approx((-0.2, 0.6))


@pytest.mark.parametrize("num_pictures", [4, 8])
def test_nothing_is_seldom_called_a_gain(num_pictures):
    random = np.random.default_rng(5)
    lows = [of_mean(differences(random.normal(0, 1, num_pictures)))[0] for _ in range(150)]
    assert np.mean(np.array(lows) > 0) <= 0.07  # plain BCa: 0.11 with 4 pictures


def test_a_second_slice_that_repeats_the_first_narrows_nothing():
    values = np.random.default_rng(3).gamma(2, 0.1, 12)
    once, twice = of_mean(differences(values)), of_mean(differences(values, slices=2))
    assert once == pytest.approx(twice)


def test_a_skewed_mean_has_a_longer_side_away_from_zero():
    values = np.random.default_rng(3).gamma(1, 0.1, 24)
    low, high = of_mean(differences(values))
    assert high - values.mean() > 1.2 * (values.mean() - low)


def test_a_picture_with_more_rows_weighs_more():
    index = pd.Index(["a", "a", "a", "b", "c"], name="image")
    low, high = of_mean(pd.Series([1.0, 1.0, 1.0, 0.0, 0.5], index))
    assert low <= 3.5 / 5 <= high


def test_equal_differences_leave_no_doubt():
    assert of_mean(differences([0.2] * 5)) == pytest.approx((0.2, 0.2))


def test_fewer_pictures_than_three_give_none():
    assert FEWEST_PICTURES == 3
    assert of_mean(differences([0.1, 0.3])) is None
    assert of_mean(differences([0.1, 0.3], slices=9)) is None
    assert of_mean(differences([])) is None


def test_more_confidence_is_wider():
    values = np.random.default_rng(0).normal(0, 1, 10)
    ends = [of_mean(differences(values), level) for level in (0.5, 0.8, 0.95, 0.999)]
    assert [low for low, _ in ends] == sorted((low for low, _ in ends), reverse=True)
    assert len(set(ends)) == 4


def test_the_same_differences_give_the_same_interval():
    values = np.random.default_rng(0).normal(0, 1, 10)
    assert of_mean(differences(values)) == of_mean(differences(values))
