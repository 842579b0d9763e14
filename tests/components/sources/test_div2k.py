"""DIV2K, Flickr2K and DF2K: every kind of mates by its name."""

import pytest
from pydantic import ValidationError

from components.sources.div2k import Params
from tests import miniatures
from tests.miniatures import pairs, source


@pytest.mark.parametrize(
    ("mates", "scale", "name"),
    [
        ("bicubic", 2, "DIV2K_train_LR_bicubic/X2/0001x2.png"),
        ("unknown", 3, "DIV2K_train_LR_unknown/X3/0001x3.png"),
        ("x8", 8, "DIV2K_train_LR_x8/0001x8.png"),
        ("mild", 4, "DIV2K_train_LR_mild/0001x4m.png"),
        ("difficult", 4, "DIV2K_train_LR_difficult/0001x4d.png"),
        ("wild", 4, "DIV2K_train_LR_wild/0001x4w1.png"),
    ],
)
def test_mates_are_called_as_published(tmp_path, mates, scale, name):
    miniatures.div2k(tmp_path)
    found = pairs(source("div2k", mates=mates, scale=scale).survey(tmp_path), tmp_path)
    assert found[0] == ("DIV2K_train_HR/0001.png", name, "train")
    assert found[-1][2] == "test"


def test_without_mates_the_pictures_are_clean(tmp_path):
    miniatures.div2k(tmp_path)
    assert pairs(source("div2k").survey(tmp_path), tmp_path) == [
        ("DIV2K_train_HR/0001.png", None, "train"),
        ("DIV2K_train_HR/0002.png", None, "train"),
        ("DIV2K_valid_HR/0801.png", None, "test"),
    ]


def test_the_wild_track_has_four_mates_of_a_picture(tmp_path):
    miniatures.div2k(tmp_path)
    found = source("div2k", mates="wild").survey(tmp_path).found
    assert [f.scene for f in found] == [f"DIV2K_train_HR/000{n}" for n in "11112222"] + [
        "DIV2K_valid_HR/0801"
    ] * 4


def test_flickr2k_is_for_training_and_can_be_drawn_from(tmp_path):
    miniatures.flickr2k(tmp_path)
    params = {"set": "flickr2k", "mates": "bicubic", "validation": 0.3, "test": 0.3}
    found = pairs(source("div2k", **params).survey(tmp_path), tmp_path)
    assert found[0][:2] == ("Flickr2K_HR/000001.png", "Flickr2K_LR_bicubic/X4/000001x4.png")
    assert {split for _, _, split in found} == {"train", "validation", "test"}


def test_df2k_brings_the_test_sets_along(tmp_path):
    miniatures.df2k(tmp_path)
    found = pairs(source("div2k", set="df2k", mates="bicubic").survey(tmp_path), tmp_path)
    mate = "benchmark/Set5/LR_bicubic/X4/babyx4.png"
    assert found[-1] == ("benchmark/Set5/HR/baby.png", mate, "test")
    assert [split for _, _, split in found] == ["train", "train", "test"]


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({"set": "df2k", "mates": "wild"}, "df2k has no mates wild; it has none, bicubic"),
        ({"mates": "x8"}, "the mates x8 have scale 8"),
        ({"mates": "mild", "scale": 2}, "the mates mild have scale 4"),
        ({"mates": "bicubic", "scale": 8}, "the mates bicubic have scale 2 or 3 or 4"),
    ],
)
def test_mates_that_were_never_published_are_refused(params, rule):
    with pytest.raises(ValidationError, match=rule):
        Params(**params)
