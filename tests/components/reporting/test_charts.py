"""Charts: well-formed SVG, text as it was given, nothing drawn that is not a number."""

import base64
import math
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from components.reporting import charts
from components.reporting.comparison import compare, pair

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: charts.Chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314 - our own text


def scatter(pairs: pd.DataFrame, ours: str = "student", theirs: str = "bicubic") -> charts.Chart:
    return charts.scatter(pairs, compare(pairs), ours=ours, theirs=theirs)


def marks(chart: charts.Chart) -> list[ET.Element]:
    return [
        path for path in drawn(chart).iter(f"{SVG}path") if path.find(f"{SVG}title") is not None
    ]


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
    chart = scatter(pairs_of(["blur", "noise"]))
    assert {"student, PSNR dB", "bicubic, PSNR dB", "blur", "noise"} <= set(words(chart))
    assert "4 of 6 above" in chart.alt


def test_text_is_drawn_as_given_never_as_markup_or_formula():
    names = ["<script>alert(1)</script>", "$x^2$"]
    chart = scatter(pairs_of(names), ours="a & b", theirs='"c"')
    assert set(names) <= set(words(chart))
    assert "a & b, PSNR dB" in words(chart)
    assert not list(drawn(chart).iter(f"{SVG}script"))


def test_more_slices_than_shapes_are_drawn_alike_without_a_legend():
    chart = scatter(pairs_of([f"slice {n}" for n in range(5)]))
    assert not any(word.startswith("slice") for word in words(chart))


def test_every_mark_of_the_scatter_says_which_picture_it_is():
    told = [mark.find(f"{SVG}title").text for mark in marks(scatter(pairs_of(["blur"])))]
    assert told[1] == "1.png, blur: 30.50 against 30.25 dB, +0.25"
    assert len(told) == 3


def test_slices_differ_by_shape_and_not_by_colour_alone():
    found = marks(scatter(pairs_of(["blur", "noise"])))
    shapes = {(mark.get("class"), mark.get("d").split("m", 1)[1]) for mark in found}
    assert {kind for kind, _ in shapes} == {"mark s0", "mark s1"}
    assert len(shapes) == 2


def test_differences_tell_their_range_and_mean():
    pairs = pairs_of(["blur"])
    chart = charts.differences(pairs, compare(pairs), ours="student", theirs="bicubic")
    assert chart.alt == "Sorted differences from -0.25 to 0.75 dB, mean 0.250 dB"
    assert "band of its 95\N{NO-BREAK SPACE}% interval" in chart.caption
    assert len(list(drawn(chart).iter(f"{SVG}polygon"))) == 1


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


def test_a_loss_over_more_than_a_decade_is_drawn_on_a_logarithmic_scale():
    (wide,) = charts.curves({"student": curve(kl=[1.0, 0.01], loss=[1.0, 0.01])})
    (narrow,) = charts.curves({"student": curve(kl=[1.0, 0.5], loss=[1.0, 0.5])})
    assert {"0.01", "0.1", "1"} <= set(words(wide))
    assert {"0.5", "0.6", "0.7"} <= set(words(narrow))


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


def test_a_chart_brings_its_colours_only_where_it_stands_alone():
    (chart,) = charts.curves({"teacher": curve(l1=[0.2, 0.1])})
    kind, _, content = chart.uri.partition(";base64,")
    alone = base64.b64decode(content).decode()
    assert kind == "data:image/svg+xml"
    assert ET.fromstring(alone).find(f"{SVG}style") is not None  # noqa: S314 - our own text
    assert "light-dark(#0072b2, #56b4e9)" in alone
    assert "#0072b2" not in chart.svg


def test_a_long_curve_is_thinned_and_keeps_both_ends():
    (chart,) = charts.curves({"teacher": curve(l1=list(np.linspace(1, 0.5, 10_000)))})
    (line,) = drawn(chart).iter(f"{SVG}polyline")
    points = line.get("points").split()
    assert len(points) == charts.MOST_POINTS
    assert float(points[0].split(",")[0]) < 90
    assert float(points[-1].split(",")[0]) > 370


def test_the_same_curve_gives_the_same_bytes():
    runs = {"teacher": curve(l1=[0.2, 0.1])}
    assert charts.curves(runs) == charts.curves(runs)
