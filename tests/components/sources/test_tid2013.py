"""TID2013: names in mixed case."""

from tests import miniatures
from tests.miniatures import pairs, put, source


def test_upper_and_lower_case_are_the_same(tmp_path):
    miniatures.tid2013(tmp_path)
    survey = source("tid2013").survey(tmp_path)
    assert [(gt, lq) for gt, lq, _ in pairs(survey, tmp_path)] == [
        ("reference_images/I01.BMP", "distorted_images/I01_01_1.bmp"),
        ("reference_images/I01.BMP", "distorted_images/i01_24_5.bmp"),
        ("reference_images/I02.BMP", "distorted_images/i02_01_1.bmp"),
        ("reference_images/i25.bmp", "distorted_images/I25_01_1.bmp"),
    ]
    assert [round(f.score, 5) for f in survey.found] == [5.51429, 6.51429, 7.51429, 8.51429]
    assert [f.scene for f in survey.found] == ["i01", "i01", "i02", "i25"]


def test_names_that_differ_in_case_alone_pair_twice(tmp_path):
    miniatures.tid2013(tmp_path)
    put(tmp_path, "reference_images/i01.bmp")
    (fault,) = source("tid2013").survey(tmp_path).faults
    assert fault.rule.startswith("pairs twice: ")


def test_the_values_of_metrics_are_passed_over(tmp_path):
    miniatures.tid2013(tmp_path)
    (tmp_path / "metrics_values").mkdir()
    (tmp_path / "metrics_values" / "PSNR.txt").write_text("30.1\n")
    assert len(pairs(source("tid2013").survey(tmp_path), tmp_path)) == 4
