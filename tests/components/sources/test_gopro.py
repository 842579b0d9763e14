"""GoPro: frames of sequences, in two forms and two kinds of blur."""

import pytest

from tests import miniatures
from tests.miniatures import pairs, source


@pytest.mark.parametrize("blur", ["blur", "blur_gamma"])
def test_the_blur_that_is_asked_for_is_read(tmp_path, blur):
    miniatures.gopro(tmp_path)
    found = pairs(source("gopro", blur=blur).survey(tmp_path), tmp_path)
    top = "train/GOPR0372_07_00"
    assert (f"{top}/sharp/000047.png", f"{top}/{blur}/000047.png", "train") in found
    assert len(found) == 8


def test_the_folder_of_the_archive_may_be_around(tmp_path):
    miniatures.gopro(tmp_path / "GOPRO_Large")
    assert len(pairs(source("gopro").survey(tmp_path), tmp_path)) == 8


def test_the_repacked_form_names_the_sequence_in_the_file(tmp_path):
    miniatures.gopro_repacked(tmp_path)
    survey = source("gopro").survey(tmp_path)
    name = "GOPR0372_07_00-000047.png"
    assert pairs(survey, tmp_path)[-2] == (f"train/target/{name}", f"train/input/{name}", "train")
    assert [f.scene for f in survey.found] == ["GOPR0384_11_00"] * 2 + ["GOPR0372_07_00"] * 2
