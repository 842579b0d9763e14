"""The graph: who stands where, what leads to what, and text as it was given."""

import re
from xml.etree import ElementTree as ET

from components.reporting.graph import BOX, Node, draw

SVG = "{http://www.w3.org/2000/svg}"


def node(name: str, *after: str) -> Node:
    return Node(name, name, "0" * 40, note="made", after=after)


def parsed(*nodes: Node) -> ET.Element:
    return ET.fromstring(draw(nodes))  # noqa: S314 - our own text


def corners(*nodes: Node) -> list[tuple[int, int]]:
    return [(int(r.get("x")), int(r.get("y"))) for r in parsed(*nodes).iter(f"{SVG}rect")]


def test_what_was_made_stands_below_all_that_it_was_made_of():
    graph = (node("data"), node("a", "data"), node("b", "data"), node("end", "a", "b"))
    data, a, b, end = corners(*graph)
    assert data[1] < a[1] == b[1] < end[1]
    assert data[0] == a[0] == end[0] < b[0]


def test_no_two_boxes_overlap():
    graph = (node("x"), node("y"), node("a", "x"), node("b", "x"), node("c", "y"), node("d", "c"))
    found = corners(*graph)
    for number, (x, y) in enumerate(found):
        for other_x, other_y in found[:number]:
            assert abs(x - other_x) >= BOX[0] or abs(y - other_y) >= BOX[1]


def test_an_edge_begins_under_its_source_and_ends_above_its_target():
    svg = parsed(node("a"), node("b", "a"))
    (path,) = (p.get("d") for p in svg.iter(f"{SVG}path") if p.get("class") == "edge")
    numbers = [int(n) for n in re.findall(r"\d+", path)]
    (_, top), (_, below) = corners(node("a"), node("b", "a"))
    assert numbers[1] == top + BOX[1]
    assert below - 6 <= numbers[-1] < below


def test_the_drawing_holds_all_boxes():
    graph = (node("a"), node("b"), node("c", "b"))
    width, height = map(int, parsed(*graph).get("viewBox").split()[2:])
    for x, y in corners(*graph):
        assert x + BOX[0] <= width
        assert y + BOX[1] <= height


def test_text_is_drawn_as_given_and_a_long_key_is_whole_only_when_pointed_at():
    svg = parsed(Node("a", "<b> & co", "f" * 64, note="\"'", tone="reused"))
    texts = [element.text for element in svg.iter(f"{SVG}text")]
    assert texts == ["<b> & co", "f" * 17, "\"'"]
    (title,) = svg.iter(f"{SVG}title")
    assert "f" * 64 in title.text


def test_who_cannot_see_it_is_told_what_was_made_of_what():
    svg = parsed(node("data"), node("teacher", "data"), node("benchmark", "teacher", "data"))
    wanted = "Made of one another: data; teacher of data; benchmark of teacher and data"
    assert svg.get("aria-label") == wanted
