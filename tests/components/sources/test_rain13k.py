"""Rain13K: equal names whatever the suffix, and one test or all."""

from tests import miniatures
from tests.miniatures import pairs, put, source


def test_a_jpeg_and_a_png_of_one_name_pair(tmp_path):
    miniatures.rain13k(tmp_path)
    found = pairs(source("rain13k").survey(tmp_path), tmp_path)
    assert ("train/Rain13K/target/2.png", "train/Rain13K/input/2.jpg", "train") in found
    assert [split for _, _, split in found] == ["test", "test", "train", "train"]


def test_the_other_tests_are_passed_over(tmp_path):
    miniatures.rain13k(tmp_path)
    part = source("rain13k", test="Test1200")
    tests = [gt for gt, _, split in pairs(part.survey(tmp_path), tmp_path) if split == "test"]
    assert tests == ["test/Test1200/target/1.png"]
    assert part.expected()[0].counts == {"train": 13_712, "test": 1_200}


def test_all_tests_together_have_4300_pairs():
    assert source("rain13k").expected()[0].counts["test"] == 100 + 100 + 100 + 1200 + 2800


def test_the_name_of_the_set_may_be_left_out(tmp_path):
    put(tmp_path, "train/input/1.png", "train/target/1.png")
    assert len(pairs(source("rain13k").survey(tmp_path), tmp_path)) == 1
