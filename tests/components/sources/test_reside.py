"""RESIDE: hazy pictures by the number of the clear one, and the frame of SOTS indoor."""

import pytest
import torch

from components.errors import DatasetError
from components.pictures import images
from tests import miniatures
from tests.miniatures import faults, pairs, put, source


def test_the_number_before_the_first_underscore_is_the_clear_picture(tmp_path):
    miniatures.its(tmp_path)
    assert pairs(source("reside", set="its").survey(tmp_path), tmp_path) == [
        ("clear/1.png", "hazy/1_1_0.90179.png", "train"),
        ("clear/1.png", "hazy/1_2_0.97842.png", "train"),
        ("clear/10.png", "hazy/10_1_0.74031.png", "train"),
        ("clear/2.png", "hazy/2_1_0.99082.png", "train"),
    ]


def test_its_may_lie_in_train(tmp_path):
    miniatures.its(tmp_path, "train/")
    assert len(pairs(source("reside", set="its").survey(tmp_path), tmp_path)) == 4


def test_one_clear_picture_has_35_hazy_ones(tmp_path):
    miniatures.ots(tmp_path)
    found = source("reside", set="ots").survey(tmp_path).found
    assert [f.gt.name for f in found].count("0005.jpg") == 35
    assert {f.scene for f in found} == {"clear/0005", "clear/0008"}


def test_ots_may_come_in_parts(tmp_path):
    put(tmp_path, "original/0005.jpg")
    put(tmp_path, "synthetic/part1/0005_0.8_0.04.jpg", "synthetic/part4/0005_1_0.2.jpg")
    found = pairs(source("reside", set="ots").survey(tmp_path), tmp_path)
    assert [lq for _, lq, _ in found] == [
        "synthetic/part1/0005_0.8_0.04.jpg",
        "synthetic/part4/0005_1_0.2.jpg",
    ]


def test_one_haze_in_two_parts_pairs_twice(tmp_path):
    put(tmp_path, "original/0005.jpg")
    put(tmp_path, *(f"synthetic/part{n}/0005_0.8_0.04.jpg" for n in (1, 2)))
    ((name, rule),) = faults(source("reside", set="ots").survey(tmp_path), tmp_path)
    assert name == "synthetic/part2/0005_0.8_0.04.jpg"
    assert rule.startswith("pairs twice: ")


def test_outdoor_a_jpeg_is_the_mate_of_a_png(tmp_path):
    miniatures.sots_outdoor(tmp_path)
    assert pairs(source("reside", set="sots_outdoor").survey(tmp_path), tmp_path) == [
        ("gt/0001.png", "hazy/0001_0.8_0.2.jpg", "test"),
        ("gt/0002.png", "hazy/0002_0.85_0.12.jpg", "test"),
        ("gt/0002.png", "hazy/0002_0.9_0.12.jpg", "test"),
    ]


def test_dehazeformers_form_has_equal_names(tmp_path):
    put(tmp_path, "train/GT/1_1.png", "train/hazy/1_1.png", "test/GT/2.png", "test/hazy/2.png")
    found = pairs(source("reside", set="dehazeformer").survey(tmp_path), tmp_path)
    assert [split for _, _, split in found] == ["test", "train"]


def test_training_and_test_may_lie_in_one_folder(tmp_path):
    miniatures.ots(tmp_path, "OTS/")
    miniatures.sots_outdoor(tmp_path, "SOTS/outdoor/")
    found = pairs(source("reside", set="outdoor").survey(tmp_path), tmp_path)
    assert [split for _, _, split in found] == ["train"] * 37 + ["test"] * 3


def test_indoor_a_frame_is_one_fault_that_says_what_to_do(tmp_path):
    miniatures.sots_indoor(tmp_path)
    survey = source("reside", set="sots_indoor").survey(tmp_path)
    ((name, rule),) = faults(survey, tmp_path)
    assert (name, survey.found) == (".", ())
    assert "a frame of 10 pixels that the hazy ones lack" in rule
    assert "restill data unpack" in rule


@pytest.mark.parametrize(("part", "top"), [("sots_indoor", ""), ("indoor", "SOTS/indoor/")])
def test_unpacking_takes_the_frame_off_and_keeps_the_rest(tmp_path, part, top):
    folder, target = tmp_path / "set", tmp_path / "unpacked"
    miniatures.sots_indoor(folder, top)
    if top:
        miniatures.its(folder, "ITS/")
    reader = source("reside", set=part)
    assert reader.unpack(folder, target) == (10 if top else 6)
    assert len(reader.find(target)) == (10 if top else 6)
    framed = images.read(folder / f"{top}clear/1400.png").pixels
    assert torch.equal(
        images.read(target / f"{top}clear/1400.png").pixels, framed[:, 10:-10, 10:-10]
    )
    hazy = f"{top}hazy/1400_1.png"
    assert (target / hazy).read_bytes() == (folder / hazy).read_bytes()


def test_indoor_without_frames_needs_no_unpacking(tmp_path):
    miniatures.sots_indoor(tmp_path, frame=0)
    reader = source("reside", set="sots_indoor")
    assert len(reader.find(tmp_path)) == 6
    with pytest.raises(DatasetError, match="nothing to unpack"):
        reader.unpack(tmp_path, tmp_path / "target")


def test_a_set_with_faults_is_not_unpacked(tmp_path):
    miniatures.sots_indoor(tmp_path / "set")
    (tmp_path / "set/clear/1401.png").unlink()
    with pytest.raises(DatasetError, match="has no ground truth"):
        source("reside", set="sots_indoor").unpack(tmp_path / "set", tmp_path / "unpacked")
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_a_damaged_clear_picture_is_left_to_the_survey(tmp_path):
    miniatures.sots_indoor(tmp_path, frame=0)
    (tmp_path / "clear/1400.png").write_bytes(b"")
    survey = source("reside", set="sots_indoor").survey(tmp_path)
    assert [name for name, _ in faults(survey, tmp_path)] == ["clear/1400.png"]


def test_the_known_counts_are_those_of_pairs():
    counts = {
        part: source("reside", set=part).expected()[0].counts
        for part in ("its", "ots", "indoor", "outdoor")
    }
    assert counts["its"] == {"train": 1399 * 10}
    assert counts["ots"] == {"train": 2061 * 35}
    assert counts["indoor"] == {"train": 13_990, "test": 500}
    assert source("reside", set="dehazeformer").expected() is None
