"""Charts: well-formed SVG, text as it was given, nothing drawn that is not a number."""

import base64
import math
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from components.reporting import charts
from components.reporting.comparison import compare, pair

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: charts.Chart) -> ET.Element:
    kind, _, content = chart.uri.partition(";base64,")
    assert kind == "data:image/svg+xml"
    return ET.fromstring(base64.b64decode(content))  # noqa: S314 - our own text


def words(chart: charts.Chart) -> list[str]:
    return [element.text for element in drawn(chart).iter(f"{SVG}text")]


def pairs_of(slices: list[str]) -> pd.DataFrame:
    rows = [(f"{n}.png", slice_) for slice_ in slices for n in range(3)]
    table = pd.DataFrame(rows, columns=["image", "slice"])
    ours = table.assign(psnr_db=30 + np.arange(len(table)) % 4 * 0.5)
    return pair(ours, table.assign(psnr_db=30.25))


def curve(**columns: list[float]) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"step": np.arange(1.0, length + 1), **columns})


def test_the_scatter_names_both_models_and_every_slice():
    chart = charts.scatter(pairs_of(["blur", "noise"]), ours="student", theirs="bicubic")
    assert {"student, PSNR dB", "bicubic, PSNR dB", "blur", "noise"} <= set(words(chart))
    assert "4 of 6 above" in chart.alt


def test_text_is_drawn_as_given_never_as_markup_or_formula():
    names = ["<script>alert(1)</script>", "$x^2$"]
    chart = charts.scatter(pairs_of(names), ours="a & b", theirs='"c"')
    assert set(names) <= set(words(chart))
    assert "a & b, PSNR dB" in words(chart)
    assert not list(drawn(chart).iter(f"{SVG}script"))


def test_more_slices_than_shapes_are_drawn_alike_without_a_legend():
    chart = charts.scatter(pairs_of([f"slice {n}" for n in range(5)]), ours="a", theirs="b")
    assert not any(word.startswith("slice") for word in words(chart))


def test_differences_tell_their_range_and_mean():
    pairs = pairs_of(["blur"])
    chart = charts.differences(pairs, compare(pairs), ours="student", theirs="bicubic")
    assert chart.alt == "Sorted differences from -0.25 to 0.75 dB, mean 0.250 dB"
    assert "band of its 95 % interval" in chart.caption


def test_one_difference_is_a_chart_without_a_band():
    pairs = pairs_of(["blur"]).head(1)
    chart = charts.differences(pairs, compare(pairs), ours="student", theirs="bicubic")
    assert drawn(chart).tag == f"{SVG}svg"
    assert "interval" not in chart.caption


def test_curves_are_drawn_together_and_losses_one_by_one():
    found = charts.curves(
        {
            "teacher": curve(l1=[0.2, 0.1], loss=[0.2, 0.1], validation_psnr_db=[25.0, 26.5]),
            "student": curve(kl=[0.9, 0.1], l1=[0.2, 0.1], loss=[1.1, 0.2], learning_rate=[1, 0.5]),
        }
    )
    assert [chart.caption for chart in found] == [
        "Validation PSNR, dB: last teacher 26.5.",
        "Learning rate: peak student 1.",
        "Loss of the teacher, terms as they are added: last l1 0.1.",
        "Loss of the student, terms as they are added: last kl 0.1, l1 0.1, loss 0.2.",
    ]


def test_a_term_that_a_phase_leaves_out_is_drawn_where_it_is():
    phases = curve(kl=[0.9, 0.8, 0.7], l1=[math.nan, 0.3, math.inf], loss=[0.9, 1.1, 0.7])
    (chart,) = charts.curves({"student": phases})
    assert "l1 0.3" in chart.alt


def test_a_loss_that_touches_zero_is_drawn_on_a_plain_scale():
    (chart,) = charts.curves({"student": curve(kl=[0.5, 0.0], loss=[0.5, 0.0])})
    assert "0.0" in words(chart)


def test_the_sum_is_left_out_beside_its_only_term():
    (chart,) = charts.curves({"teacher": curve(l1=[0.2, 0.1], loss=[0.2, 0.1])})
    assert "loss 0.1" not in chart.caption


@pytest.mark.parametrize(
    "table", [pd.DataFrame(), pd.DataFrame({"step": [1.0]}), curve(validation_psnr_db=[math.nan])]
)
def test_a_curve_without_points_gives_no_chart(table: pd.DataFrame):
    assert charts.curves({"teacher": table}) == []


def test_a_chart_follows_the_mode_of_the_page():
    (chart,) = charts.curves({"teacher": curve(l1=[0.2, 0.1])})
    text = ET.tostring(drawn(chart), encoding="unicode")
    assert "prefers-color-scheme:dark" in text
    style, _, picture = text.partition("</ns0:style>")
    assert "var(--c0)" in picture
    assert "#0072b2" not in picture
    assert "#0072b2" in style


def test_the_same_curve_gives_the_same_bytes():
    runs = {"teacher": curve(l1=[0.2, 0.1])}
    assert charts.curves(runs) == charts.curves(runs)


def test_no_setting_of_matplotlib_is_changed_for_others():
    before = dict(mpl.rcParams)
    charts.curves({"teacher": curve(l1=[0.2, 0.1])})
    assert dict(mpl.rcParams) == before
