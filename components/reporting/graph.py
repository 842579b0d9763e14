"""Draw what was made of what, from top to bottom, as SVG; `graph.css` gives the colours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

BOX = (160, 66)
"""Width and height of a node, in the drawing's units."""

_GAP = (20, 30)  # between columns, between rows
_EDGE = 3  # room for the outline


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that was made.

    Attributes:
        name: Unique in the graph.
        title: The first line in its box; short.
        key: The second line; what names its content. Cut to fit, whole when pointed at.
        note: The third line; short.
        after: Names of what it was made of, all before it in the list of nodes.
        tone: `made`, `reused`, `good`, `bad` or `calm`.
    """

    name: str
    title: str
    key: str
    note: str
    after: tuple[str, ...] = ()
    tone: str = "made"


def draw(nodes: Sequence[Node]) -> str:
    """Write a graph as an SVG element.

    Args:
        nodes: Each after what it was made of; at least one.
    """
    places = _places(nodes)
    width = _left(1 + max(column for _, column in places.values())) - _GAP[0] + _EDGE
    height = _top(1 + max(row for row, _ in places.values())) - _GAP[1] + _EDGE
    edges = "".join(_edge(places[name], places[node.name]) for node in nodes for name in node.after)
    boxes = "".join(_box(node, *places[node.name]) for node in nodes)
    told = "; ".join(
        f"{node.title} of {' and '.join(node.after)}" if node.after else node.title
        for node in nodes
    )
    return (
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" role="img" aria-label={quoteattr("Made of one another: " + told)}>'
        f"{edges}{boxes}</svg>"
    )


def _places(nodes: Sequence[Node]) -> dict[str, tuple[int, int]]:
    """Row and column of each: below all that it was made of, in the first one's column if free."""
    places: dict[str, tuple[int, int]] = {}
    for node in nodes:
        parents = [places[name] for name in node.after]
        row = 1 + max((row for row, _ in parents), default=-1)
        column = next(_free(parents[0][1] if parents else 0, row, places))
        places[node.name] = row, column
    return places


def _free(first: int, row: int, places: Mapping[str, tuple[int, int]]) -> Iterator[int]:
    taken = set(places.values())
    column = first
    while True:
        if (row, column) not in taken:
            yield column
        column += 1


def _left(column: int) -> int:
    return _EDGE + column * (BOX[0] + _GAP[0])


def _top(row: int) -> int:
    return _EDGE + row * (BOX[1] + _GAP[1])


def _edge(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Go straight down, and only before the last row to another column."""
    x0, y0 = _left(start[1]) + BOX[0] // 2, _top(start[0]) + BOX[1]
    x1, y1 = _left(end[1]) + BOX[0] // 2, _top(end[0]) - 5
    turn = y1 - _GAP[1] + 5
    path = f"M{x0},{y0}V{turn}C{x0},{y1 - 8} {x1},{turn + 8} {x1},{y1}"
    tip = f"M{x1 - 4},{y1 - 3}h8l-4,7z"
    return f'<path class="edge" d="{path}"/><path class="tip" d="{tip}"/>'


def _box(node: Node, row: int, column: int) -> str:
    x, y = _left(column), _top(row)
    lines = "".join(
        f'<text class="{kind}" x="{x + 12}" y="{y + down}">{escape(text)}</text>'
        for kind, down, text in (
            ("title", 21, node.title),
            ("key", 38, node.key[:17]),
            ("note", 54, node.note),
        )
    )
    return (
        f'<g class="{node.tone}"><title>{escape(f"{node.title} {node.key}, {node.note}")}</title>'
        f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="6"/>{lines}</g>'
    )
