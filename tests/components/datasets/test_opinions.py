"""Lists of scores: what is read, and what is said of lines that are none."""

import pytest

from components.datasets.opinions import read_opinions

LINE = r"(?P<name>[^,]+),(?P<score>.+)"


def read(folder, text, **options):
    file = folder / "scores.csv"
    file.write_text(text)
    return read_opinions([file], LINE, **options)


def test_names_are_kept_in_lower_case_with_their_scores(tmp_path):
    read_ = read(tmp_path, "name,score\nA_01.bmp,1446.0763\n\nb.bmp,-2\n", skip=1)
    assert read_.scores == {"a_01.bmp": 1446.0763, "b.bmp": -2.0}
    assert not read_.faults


def test_several_lists_are_one(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"{name}.bmp,1\n")
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    assert read_opinions(files, LINE).scores == {"a.bmp": 1.0, "b.bmp": 1.0}


@pytest.mark.parametrize("line", ["a.bmp", "a.bmp,", "a.bmp,much", "a.bmp,nan", "a.bmp,inf"])
def test_a_line_without_a_finite_score_is_named(tmp_path, line):
    found = read(tmp_path, f"b.bmp,1\n{line}\n")
    assert found.scores == {"b.bmp": 1.0}
    assert [f.rule for f in found.faults] == [f"line 2 is no name with its score: {line!r}"]


def test_two_scores_of_one_name_are_a_fault(tmp_path):
    (fault,) = read(tmp_path, "a.bmp,1\nA.bmp,2\n").faults
    assert fault.rule == "line 2 scores A.bmp a second time"


def test_a_list_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    files = [tmp_path / "binary.txt", tmp_path / "gone.txt"]
    rules = [f.rule for f in read_opinions(files, LINE).faults]
    assert rules == [
        "the list of scores cannot be read: it is not UTF-8 text",
        "the list of scores cannot be read: No such file or directory",
    ]
