"""LOL: equal names in low and high light."""

from tests import miniatures
from tests.miniatures import pairs, source


def test_equal_names_pair(tmp_path):
    miniatures.lol(tmp_path)
    assert pairs(source("lol").survey(tmp_path), tmp_path) == [
        ("eval15/high/1.png", "eval15/low/1.png", "test"),
        ("our485/high/10.png", "our485/low/10.png", "train"),
        ("our485/high/2.png", "our485/low/2.png", "train"),
        ("our485/high/5.png", "our485/low/5.png", "train"),
    ]


def test_the_known_counts_are_in_the_folders_names():
    assert source("lol").expected()[0].counts == {"train": 485, "test": 15}
