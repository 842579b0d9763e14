"""The ground of charts: where values lie, which ticks are round, how a legend breaks."""

import re
from xml.etree import ElementTree as ET

import pytest

from components.reporting.plot import WIDTH, Axis, Plot

SVG = "{http://www.w3.org/2000/svg}"


def parsed(plot: Plot) -> ET.Element:
    return ET.fromstring(plot.svg("a chart"))  # noqa: S314 - our own text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (21.3, 32.1, [22.0, 24.0, 26.0, 28.0, 30.0, 32.0]),
        (-1.4, 1.3, [-1.0, -0.5, 0.0, 0.5, 1.0]),
        (0.0, 0.002, [0.0, 0.0005, 0.001, 0.0015, 0.002]),
        (100.0, 100_000.0, [20_000.0, 40_000.0, 60_000.0, 80_000.0, 100_000.0]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]):
    assert Axis("", low, high).ticks() == pytest.approx(ticks)


def test_ticks_of_many_decades_are_powers_of_ten():
    assert Axis("", 2e-5, 30.0, log=True).ticks() == [1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0]


def test_labels_have_the_digits_that_tell_ticks_apart():
    axis = Axis("", -0.12, 0.31)
    assert [axis.label(tick) for tick in axis.ticks()][:3] == ["\N{MINUS SIGN}0.1", "0.0", "0.1"]
    assert Axis("", 0.0538, 0.0622).label(0.056) == "0.056"
    assert Axis("", 0, 9000).label(2000) == "2,000"


def test_no_label_of_a_small_range_is_longer_than_its_place():
    for low, high in ((9.6e-5, 1.04e-4), (0, 2e-5), (-3e-6, 3e-6), (0.01, 0.01002)):
        axis = Axis("", low, high)
        labels = [axis.label(tick) for tick in axis.ticks()]
        assert max(map(len, labels)) <= len("1.0002e-2")
        assert len(set(labels)) == len(labels)
    assert Axis("", 9.6e-5, 1.04e-4).label(1.02e-4) == "1.02e\N{MINUS SIGN}4"


def test_an_axis_holds_its_values_with_air():
    axis = Axis.around("", [2.0, 4.0])
    assert axis.low < 2.0
    assert axis.high > 4.0
    assert axis.share(3.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("value", "kind"), [(0.0, "even"), (5.0, "even"), (1.0, "log"), (1e-4, "log")]
)
def test_one_value_alone_stands_in_the_middle(value: float, kind: str):
    axis = Axis.around("", [value], log=kind == "log")
    assert axis.share(value) == pytest.approx(0.5)
    assert axis.ticks()


def test_a_logarithmic_axis_puts_the_geometric_mean_in_the_middle():
    assert Axis("", 0.01, 1.0, log=True).share(0.1) == pytest.approx(0.5)


def test_a_long_legend_breaks_into_rows_and_stays_inside():
    labels = ["teacher", "student", "a label that is rather long", "another"]
    plot = Plot(Axis("", 0, 1), Axis("", 0, 1), legend=labels)
    texts = {t.text: t for t in parsed(plot).iter(f"{SVG}text") if t.text in labels}
    heights = {float(text.get("y")) for text in texts.values()}
    assert len(heights) > 1
    assert all(float(t.get("x")) + 5 * len(t.text) < WIDTH for t in texts.values())


def test_a_mark_lies_where_its_value_is():
    plot = Plot(Axis("", 0, 10), Axis("", 0, 10))
    plot.mark(0, 0, series=0, title="low")
    plot.mark(10, 10, series=1, title="high")
    places = [
        p.get("d") for p in parsed(plot).iter(f"{SVG}path") if p.get("class", "")[:4] == "mark"
    ]
    (x0, y0), (x1, y1) = (map(float, re.match(r"M([\d.]+),([\d.]+)", d).groups()) for d in places)
    assert x0 < x1
    assert y0 > y1


def test_text_is_drawn_as_given():
    plot = Plot(Axis("<x> & y", 0, 1), Axis('"up"', 0, 1), legend=["$a$ < b"])
    texts = [element.text for element in parsed(plot).iter(f"{SVG}text")]
    assert {"<x> & y", '"up"', "$a$ < b"} <= set(texts)
