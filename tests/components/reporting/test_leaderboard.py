"""The table of models: what stands in a row, and how the student compares with each."""

import re

import pytest

from components.report import render
from components.reporting import leaderboard
from components.reporting.comparison import Comparison
from components.reporting.findings import Findings
from components.reporting.leaderboard import Bar, bars
from tests.document import Document
from tests.sample_run import FACTS, IMAGES, QUICK, but


@pytest.fixture(scope="module")
def page() -> Document:
    return Document(render(FACTS))


def test_every_model_has_its_row_with_protocol_beside(page: Document):
    gain = IMAGES["student"]["psnr_db"].mean() - IMAGES["bicubic"]["psnr_db"].mean()
    student = f"{IMAGES['student']['psnr_db'].mean():.2f} 0.8150 +{gain:.2f} 5.82 M 311 2,195"
    assert f"student best that can be released {student}" in page.text
    assert "by protocol sr_y:x4:crop4" in page.text


def test_the_teacher_is_marked_as_a_bound_that_cannot_be_released(page: Document):
    mark = "sees the ground truth: an upper bound, cannot be released"
    assert page.text.count(mark) == 1
    assert f"teacher {mark}" in page.text


def test_what_distillation_gave_is_told_with_interval_wins_and_n(page: Document):
    told = re.search(
        r"trained without distillation: (\S+) dB, 95 % interval (\S+) to (\S+) dB; "
        r"better on (\d) of 8, with n = 4 pictures",
        page.text,
    )
    assert told is not None
    mean, low, high = (float(told[n]) for n in (1, 2, 3))
    wanted = (IMAGES["student"]["psnr_db"] - IMAGES["student alone"]["psnr_db"]).mean()
    assert mean == pytest.approx(wanted, abs=5e-4)
    assert low < mean < high
    assert "The interval holds zero" not in page.text


def test_an_interval_around_zero_is_called_that():
    twin = IMAGES["student"].assign(psnr_db=lambda t: t["psnr_db"] + [0.1, -0.1, 0.2, -0.2] * 2)
    text = Document(render(but(QUICK, images={**IMAGES, "student alone": twin}))).text
    assert "The interval holds zero" in text


def test_reports_that_were_not_measured_alike_carry_a_warning(page: Document):
    other = FACTS.reports[0].model_copy(update={"protocol": "rgb:x4"})
    text = Document(render(but(QUICK, reports=(other, *FACTS.reports[1:])))).text
    assert "These rows were not measured alike" in text
    assert "These rows were not measured alike" not in page.text


def comparison(mean_db: float, interval_db: tuple[float, float] | None) -> Comparison:
    return Comparison(mean_db, interval_db, num_pictures=4, num_rows=8, wins=5, num_left_out=0)


def test_intervals_lie_on_one_line_with_zero():
    found = bars(
        {
            "a": comparison(1.0, (0.0, 3.0)),
            "b": comparison(-0.5, (-1.0, 0.0)),
            "c": comparison(9.0, None),
        }
    )
    assert found == {
        "a": Bar(low=25.0, mean=50.0, high=100.0, zero=25.0),
        "b": Bar(low=0.0, mean=12.5, high=25.0, zero=25.0),
    }
    assert found["b"].style == "--low:0.0%;--mean:12.5%;--high:25.0%;--zero:25.0%"


def test_without_any_interval_there_is_no_line():
    assert bars({"a": comparison(1.0, None)}) == {}


def test_every_metric_that_a_report_has_is_a_column():
    more = FACTS.reports[0].model_copy(update={"mean": {"psnr_db": 30.0, "lpips": 0.1}})
    facts = but(QUICK, reports=(more, *FACTS.reports[1:]))
    found = leaderboard.view(Findings(facts)).metrics
    assert found == {"psnr_db": "PSNR, dB", "lpips": "LPIPS", "ssim": "SSIM"}
    assert (
        "teacher sees the ground truth: an upper bound, cannot be released 30.00 0.1000 \N{EN DASH}"
        in (Document(render(facts)).text)
    )


def test_without_the_reference_nothing_is_gained():
    rows = leaderboard.view(Findings(but(reports=FACTS.reports[:3]))).rows
    assert [row.gain_db for row in rows] == [None, None, None]
