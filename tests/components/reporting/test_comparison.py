"""Paired differences: numbers worked by hand, and what an interval must and must not follow."""

import math

import numpy as np
import pandas as pd
import pytest

from components.errors import PairError
from components.reporting.comparison import compare, pair


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image", "slice", "psnr_db"])


def two_models(differences: np.ndarray, slices: tuple[str, ...] = ("blur",)) -> pd.DataFrame:
    names = [(f"{number}.png", slice_) for slice_ in slices for number in range(len(differences))]
    base = 30 + np.arange(len(differences), dtype=float) % 7
    ours = [
        (*name, value)
        for name, value in zip(names, np.tile(base + differences, len(slices)), strict=True)
    ]
    theirs = [(*name, value) for name, value in zip(names, np.tile(base, len(slices)), strict=True)]
    return pair(table(*ours), table(*theirs))


def test_the_mean_is_the_difference_of_the_means_over_all_rows():
    ours = table(("a", "x", 31.0), ("a", "y", 30.0), ("b", "x", 28.0))
    theirs = table(("a", "x", 30.0), ("a", "y", 30.5), ("b", "x", 25.0))
    found = compare(pair(ours, theirs))
    assert found.mean_db == pytest.approx((1.0 - 0.5 + 3.0) / 3)
    assert (found.wins, found.num_rows, found.num_pictures) == (2, 3, 2)


def test_rows_are_matched_by_name_and_not_by_place():
    ours = table(("a", "x", 31.0), ("b", "x", 20.0))
    theirs = table(("b", "x", 19.0), ("c", "x", 50.0), ("a", "x", 30.0))
    pairs = pair(ours, theirs)
    assert list(pairs["image"]) == ["a", "b"]
    assert list(pairs["difference"]) == [1.0, 1.0]


def test_two_exact_restorations_differ_by_zero():
    pairs = pair(table(("a", "x", math.inf)), table(("a", "x", math.inf)))
    found = compare(pairs)
    assert (found.mean_db, found.wins, found.num_left_out) == (0.0, 0, 0)


def test_an_exact_restoration_wins_and_stays_out_of_the_mean():
    ours = table(("a", "x", math.inf), ("b", "x", 31.0), ("c", "x", math.nan))
    theirs = table(("a", "x", 30.0), ("b", "x", 30.0), ("c", "x", 30.0))
    found = compare(pair(ours, theirs))
    assert (found.mean_db, found.wins, found.num_left_out) == (1.0, 2, 2)
    assert found.num_pictures == 1


def test_on_many_pictures_the_interval_is_the_normal_one():
    differences = np.random.default_rng(7).normal(0.1, 0.3, 400)
    low, high = compare(two_models(differences)).interval_db
    half = 1.96 * differences.std(ddof=1) / math.sqrt(400)
    assert low == pytest.approx(differences.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(differences.mean() + half, abs=0.1 * half)


def test_a_second_slice_that_repeats_the_first_narrows_no_interval():
    differences = np.random.default_rng(3).gamma(2, 0.1, 12)
    once = compare(two_models(differences))
    twice = compare(two_models(differences, ("blur", "noise")))
    assert twice.num_rows == 2 * once.num_rows
    assert twice.num_pictures == once.num_pictures == 12
    assert twice.interval_db == pytest.approx(once.interval_db)


def test_the_same_pairs_give_the_same_interval():
    pairs = two_models(np.array([0.1, 0.4, -0.2, 0.3, 0.0]))
    assert compare(pairs) == compare(pairs)


@pytest.mark.parametrize("differences", [[0.1, 0.3], [0.2, 0.2, 0.2, 0.2], [0.5], []])
def test_too_few_or_equal_differences_give_no_interval(differences: list[float]):
    assert compare(two_models(np.array(differences))).interval_db is None


def test_nothing_in_common_has_no_mean():
    found = compare(pair(table(("a", "x", 30.0)), table(("b", "x", 30.0))))
    assert math.isnan(found.mean_db)
    assert found.num_rows == 0


def test_a_picture_named_twice_is_refused():
    with pytest.raises(PairError, match=r"picture 'a' is there twice in slice 'x'"):
        pair(table(("a", "x", 30.0), ("a", "x", 31.0)), table(("a", "x", 30.0)))
