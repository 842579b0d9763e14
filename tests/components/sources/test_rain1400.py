"""Rain1400: fourteen of each, split by number or by folder."""

from collections import Counter

from tests import miniatures
from tests.miniatures import pairs, put, source


def test_numbers_to_900_are_for_training(tmp_path):
    miniatures.rain1400(tmp_path)
    found = source("rain1400").survey(tmp_path).found
    splits = {(f.gt.stem, f.split) for f in found}
    assert splits == {("1", "train"), ("900", "train"), ("901", "test"), ("1000", "test")}
    assert set(Counter(f.gt for f in found).values()) == {14}


def test_numbers_beyond_a_thousand_are_of_no_set(tmp_path):
    put(tmp_path, "ground_truth/1001.jpg", "ground_truth/0.jpg", "ground_truth/099.jpg")
    assert len(source("rain1400").survey(tmp_path).faults) == 3


def test_folders_decide_where_there_are_any(tmp_path):
    for split in ("training", "testing"):
        put(tmp_path, f"{split}/ground_truth/1.jpg", f"{split}/rainy_image/1_14.jpg")
    assert pairs(source("rain1400").survey(tmp_path), tmp_path) == [
        ("testing/ground_truth/1.jpg", "testing/rainy_image/1_14.jpg", "test"),
        ("training/ground_truth/1.jpg", "training/rainy_image/1_14.jpg", "train"),
    ]
