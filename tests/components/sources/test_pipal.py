"""PIPAL: ratings by picture, references in one split."""

import pytest

from tests import miniatures
from tests.miniatures import faults, pairs, source


def test_a_picture_has_its_reference_and_its_rating(tmp_path):
    miniatures.pipal(tmp_path)
    survey = source("pipal").survey(tmp_path)
    assert pairs(survey, tmp_path)[:2] == [
        ("Train_Ref/A0001.bmp", "Train_Dis/A0001_00_00.bmp", "train"),
        ("Train_Ref/A0001.bmp", "Train_Dis/A0001_06_26.bmp", "train"),
    ]
    assert [f.score for f in survey.found[:2]] == pytest.approx([1446.0763, 1447.0763])
    assert [f.scene for f in survey.found[:3]] == ["A0001", "A0001", "A0002"]


def test_pictures_may_lie_as_the_archives_unpack(tmp_path):
    miniatures.pipal(tmp_path)
    (tmp_path / "Train_Dis").rename(tmp_path / "Distortion_1")
    assert len(pairs(source("pipal").survey(tmp_path), tmp_path)) == 6


def test_missing_ratings_are_one_fault(tmp_path):
    miniatures.pipal(tmp_path)
    for file in (tmp_path / "Train_Label").iterdir():
        file.unlink()
    survey = source("pipal").survey(tmp_path)
    ((name, rule),) = faults(survey, tmp_path)
    assert (name, survey.found) == ("Train_Label", ())
    assert rule.startswith("the list of scores cannot be read: ")


def test_references_are_drawn_as_a_whole(tmp_path):
    miniatures.pipal(tmp_path)
    found = source("pipal", validation=0.3, test=0.3).survey(tmp_path).found
    assert {f.split for f in found} == {"train", "validation", "test"}
    assert len({(f.scene, f.split) for f in found}) == 3
