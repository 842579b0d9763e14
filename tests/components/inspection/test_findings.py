"""The report of a check: what makes it wrong, and what people read."""

import pytest

from components.inspection.findings import Findings, Flaw, Repetition, Use

PAIR = Repetition(
    first=Use(path="a.png", split="train"),
    second=Use(path="b.png", split="test"),
    likeness=0.98765,
    equal=False,
)
NOTHING = {"flaws": (), "leaks": (), "repeated": (), "alike": ()}


def findings(**found):
    facts = {"folder": "set", "counts": {"train": 3, "test": 1}, "fits": ("original",)}
    return Findings(**facts, num_read=4, **NOTHING | found)


def test_a_clean_set_says_so():
    assert findings().clean
    assert list(findings().lines()) == [
        "set: 3 train, 1 test; 4 files read",
        "fits: original",
        "nothing is wrong",
    ]


@pytest.mark.parametrize(
    ("found", "line", "end"),
    [
        ({"flaws": (Flaw(path="a.png", rule="is odd"),)}, "fault: a.png: is odd", (1, 0, 0)),
        (
            {"leaks": (PAIR,)},
            "leak: a.png (train) and b.png (test) are the same picture (0.988)",
            (0, 1, 0),
        ),
        (
            {"repeated": (PAIR.model_copy(update={"equal": True}),)},
            "repeated: a.png (train) and b.png (test) are the same content",
            (0, 0, 1),
        ),
    ],
)
def test_what_is_wrong_is_a_line_and_a_count(found, line, end):
    report = findings(**found)
    assert not report.clean
    assert line in report.lines()
    assert list(report.lines())[-1] == "wrong: faults {}, leaks {}, repeated {}".format(*end)


def test_alike_pictures_are_told_and_not_wrong():
    report = findings(alike=(PAIR,))
    assert report.clean
    assert any(line.startswith("alike: a.png") for line in report.lines())


def test_the_record_survives_json():
    report = findings(leaks=(PAIR,))
    assert Findings.model_validate_json(report.model_dump_json()) == report
