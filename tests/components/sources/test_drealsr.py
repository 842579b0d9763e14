"""DRealSR: names with and without the scale behind them."""

from tests import miniatures
from tests.miniatures import pairs, put, source


def test_names_pair_by_what_stands_before_the_scale(tmp_path):
    miniatures.drealsr(tmp_path)
    top = "Test_x4/test"
    assert pairs(source("drealsr").survey(tmp_path), tmp_path)[:2] == [
        (f"{top}_HR/DSC_1454_x1.png", f"{top}_LR/DSC_1454_x4.png", "test"),
        (f"{top}_HR/P1110044_x1.png", f"{top}_LR/P1110044_x4.png", "test"),
    ]


def test_equal_names_pair_too(tmp_path):
    put(tmp_path, "Train_x2/train_HR/a.png")
    put(tmp_path, "Train_x2/train_LR/a.png", size=miniatures.smaller(2))
    survey = source("drealsr", scale=2).survey(tmp_path)
    assert len(pairs(survey, tmp_path)) == 1
    assert survey.found[0].scene == ""


def test_only_the_fourfold_release_is_known():
    assert source("drealsr").expected()[0].counts == {"train": 31_970, "test": 93}
    assert source("drealsr", scale=2).expected() is None
