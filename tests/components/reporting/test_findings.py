"""What several sections share: the best, the baseline, the comparisons."""

import pytest

from components.errors import PairError
from components.reporting.findings import Findings
from tests.sample_run import FACTS, IMAGES, but


def test_the_best_is_the_best_that_may_be_released():
    assert Findings(FACTS).best.label == "student"


@pytest.mark.parametrize(
    ("measured", "baseline"),
    [
        (("champion before", "student alone", "bicubic"), "champion before"),
        (("bicubic", "student alone"), "student alone"),
        (("bicubic",), "bicubic"),
        ((), None),
    ],
)
def test_the_baseline_is_the_champion_else_the_twin_else_the_reference(measured, baseline):
    images = dict.fromkeys(measured, IMAGES["bicubic"]) | {"student": IMAGES["student"]}
    assert Findings(but(images=images)).baseline == baseline


def test_comparisons_begin_with_the_baseline_and_are_made_once():
    findings = Findings(FACTS)
    assert list(findings.comparisons) == ["student alone", "teacher", "bicubic"]
    assert findings.comparisons is findings.comparisons


def test_a_model_without_a_row_in_common_is_not_compared():
    strange = IMAGES["bicubic"].assign(image=[f"rain/{number}.png" for number in range(8)])
    found = Findings(but(images={"student": IMAGES["student"], "bicubic": strange}))
    assert found.comparisons == {}


def test_a_row_that_is_there_twice_is_refused():
    twice = IMAGES["bicubic"].assign(image="2.png")
    findings = Findings(but(images={"student": IMAGES["student"], "bicubic": twice}))
    with pytest.raises(PairError, match=r"picture '2\.png' is there twice in slice 'blur'"):
        _ = findings.comparisons


def test_a_report_that_is_not_there_is_none():
    assert Findings(FACTS).report_of("champion before") is None
