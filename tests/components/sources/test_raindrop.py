"""Raindrop: wet and clean panes, and one of two tests."""

import pytest

from tests import miniatures
from tests.miniatures import pairs, source


@pytest.mark.parametrize(
    ("test", "names"),
    [("a", ["test_a/gt/0_clean.png"]), ("b", ["test_b/gt/0_clean.jpg", "test_b/gt/101_clean.jpg"])],
)
def test_one_test_is_read_and_the_other_passed_over(tmp_path, test, names):
    miniatures.raindrop(tmp_path)
    found = pairs(source("raindrop", test=test).survey(tmp_path), tmp_path)
    assert [gt for gt, _, split in found if split == "test"] == names
    assert found[-1] == ("train/gt/2_clean.png", "train/data/2_rain.png", "train")


@pytest.mark.parametrize(("test", "count"), [("a", 58), ("b", 239)])
def test_the_known_counts_follow_the_test(test, count):
    (release,) = source("raindrop", test=test).expected()
    assert release.counts == {"train": 861, "test": count}
