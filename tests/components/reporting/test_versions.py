"""The page's table of all versions: columns by benchmark, intervals, who is and was the champion."""

import re

import pytest

from components.report import render
from components.reporting.findings import Findings
from components.reporting.standings import Standings
from components.reporting.versions import columns, view
from tests.components.reporting.test_standings import BEST, ONE, STANDINGS, TWO
from tests.document import Document
from tests.sample_run import QUICK, but


@pytest.fixture(scope="module")
def text():
    whole = Document(render(but(QUICK, standings=STANDINGS))).text
    return whole.partition("Every version that was ever released")[2]


def test_every_benchmark_has_columns_of_its_own():
    heads = [(column.board, column.heading) for column in columns(STANDINGS)]
    assert heads == [
        (ONE, "PSNR, dB"),
        (ONE, "SSIM"),
        (ONE, "gain by distillation, dB"),
        (TWO, "PSNR, dB"),
    ]


def test_a_row_tells_means_with_intervals_gain_and_budgets(text):
    row = (
        "30.00 29.00 to 31.00 0.8000 +0.50 +0.25 to +0.75 \N{EN DASH} 1.00 k 14.5 1,500 \N{EN DASH}"
    )
    assert f"tiny/2 champion released 2026-02-01 {row}" in text


def test_who_was_the_champion_once_is_marked(text):
    assert "tiny/1 champion once released 2026-01-01" in text


def test_benchmarks_are_named_with_protocol_and_those_left_out_are_counted(text):
    assert f"held out {'1' * 12}, by protocol sr_y:x4:crop4, test pictures of data d1.dir" in text
    assert f"benchmark {'2' * 12}, by protocol denoise_rgb8" in text
    assert "and 3 older" in text


def test_the_time_of_each_device_is_a_column_that_names_it(text):
    assert re.search(r"ms per MP a cpu ms per MP a gpu", text)
    one = Document(render(but(QUICK, standings=Standings((ONE,), (BEST,))))).text
    assert "Speed on a cpu." in one.partition("Every version")[2]


def test_a_page_without_versions_says_so():
    assert (
        "No version was released yet." in Document(render(but(QUICK, standings=Standings()))).text
    )
    assert view(Findings(QUICK)) is None
    assert "Not known: the registry was not asked." in Document(render(QUICK)).text
