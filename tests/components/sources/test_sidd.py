"""SIDD: clean and noisy photographs of ten scenes."""

from tests import miniatures
from tests.miniatures import pairs, source


def test_both_pictures_of_a_folder_pair(tmp_path):
    miniatures.sidd(tmp_path / "SIDD_Small_sRGB_Only")
    survey = source("sidd").survey(tmp_path)
    top = "SIDD_Small_sRGB_Only/Data/0001_001_S6_00100_00060_3200_L"
    pair = (f"{top}/GT_SRGB_010.PNG", f"{top}/NOISY_SRGB_010.PNG", "train")
    assert pairs(survey, tmp_path)[0] == pair
    assert [f.scene for f in survey.found] == ["001", "001", "002"]


def test_a_scene_is_drawn_as_a_whole(tmp_path):
    miniatures.sidd(tmp_path)
    found = source("sidd", validation=0.5).survey(tmp_path).found
    assert {f.scene for f in found if f.split == "train"} in ({"001"}, {"002"})
    assert {f.split for f in found} == {"train", "validation"}
