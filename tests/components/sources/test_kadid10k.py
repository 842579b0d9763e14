"""KADID-10k: scores of a table."""

from tests import miniatures
from tests.miniatures import faults, pairs, source


def test_a_picture_has_its_reference_and_its_score(tmp_path):
    miniatures.kadid10k(tmp_path)
    survey = source("kadid10k").survey(tmp_path)
    assert pairs(survey, tmp_path)[0] == ("images/I01.png", "images/I01_01_01.png", "train")
    assert [round(f.score, 2) for f in survey.found] == [4.57, 3.57] * 3


def test_without_the_table_nothing_is_found(tmp_path):
    miniatures.kadid10k(tmp_path)
    (tmp_path / "dmos.csv").unlink()
    survey = source("kadid10k").survey(tmp_path)
    assert survey.found == ()
    assert [name for name, _ in faults(survey, tmp_path)] == ["dmos.csv"]


def test_81_references_under_125_distortions_are_known():
    assert source("kadid10k").expected()[0].counts == {"train": 81 * 25 * 5}
