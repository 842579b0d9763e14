"""The ground of a chart: axes, grid, legend, and marks, written as SVG.

Nothing here has a colour: `charts.css` gives them, so that a chart follows the page's light or dark mode.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from components.reporting import formats

WIDTH, HEIGHT = 400, 290
SERIES = 4
"""As many series can be told apart, each by colour, and by shape or dashes."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 392, 12, 242
_DIGITS = 4  # behind the point, that a label has room for
_LETTER, _ROW = 6.8, 20  # width of a letter on average, height of a row of the legend
_SHAPES = (  # around the origin, of about equal area
    "m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
    "m0,-5l4.6,8h-9.2z",
    "m-3.6,-3.6h7.2v7.2h-7.2z",
    "m0,-5l5,5l-5,5l-5,-5z",
)


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values and what they are; on a logarithmic axis both ends are positive."""

    name: str
    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, name: str, values: Iterable[float], *, log: bool = False) -> "Axis":
        """Hold finite values, at least one, with a little air at both ends."""
        known = [math.log10(value) if log else value for value in values]
        low, high = min(known), max(known)
        air = 0.04 * (high - low) or 0.04 * abs(low) or 1.0
        low, high = low - air, high + air
        return cls(name, 10**low, 10**high, log=True) if log else cls(name, low, high)

    def share(self, value: float) -> float:
        """Say where a value lies: 0 at the low end, 1 at the high one."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """List round values within the axis.

        Example:
            >>> Axis("", 0.3, 5.2).ticks(), Axis("", 0.02, 3.0, log=True).ticks()
            ([1.0, 2.0, 3.0, 4.0, 5.0], [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0])
        """
        return self._decades() if self.log else self._even()

    def label(self, tick: float) -> str:
        """Write a tick with as many digits as the step between ticks needs, small ones by their power.

        Example:
            >>> Axis("", 9.6e-5, 1.04e-4).label(1e-4), Axis("", 0, 1e-3).label(4e-4)
            ('1.00e\u22124', '0.0004')
        """
        if self.log:
            return f"{tick:g}"
        digits = max(0, -math.floor(math.log10(self._step) + 1e-9))
        if digits <= _DIGITS or not 0 < abs(tick) < 1:
            return formats.number(tick, digits)
        power = math.floor(math.log10(abs(tick)) + 1e-9)
        return f"{formats.number(tick / 10**power, digits + power)}e{formats.number(power, 0)}"

    @property
    def _step(self) -> float:
        """1, 2 or 5 times a power of ten, so that there are three to seven ticks."""
        rough = (self.high - self.low) / 6
        power = 10.0 ** math.floor(math.log10(rough))
        return next(power * n for n in (1, 2, 5, 10) if power * n >= rough)

    def _even(self) -> list[float]:
        step = self._step
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(n * step, 12) for n in range(first, last + 1)]

    def _decades(self) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.floor(math.log10(self.high))
        factors = (1, 2, 5) if last - first <= 2 else (1,)
        found = [n * 10.0**power for power in range(first, last + 1) for n in factors]
        within = [round(tick, 12) for tick in found if self.low <= tick <= self.high]
        return within[:: 1 + len(within) // 8] or [self.low, self.high]


class Plot:
    """A chart that is drawn piece by piece; later pieces lie above earlier ones."""

    def __init__(self, x: Axis, y: Axis, *, legend: Sequence[str] = ()) -> None:
        self._x, self._y = x, y
        self._legend = list(_placed(legend))
        rows = 1 + max((row for row, _, _ in self._legend), default=-1)
        self._top = _TOP + _ROW * rows
        self._pieces: list[str] = []

    def line(self, xs: Iterable[float], ys: Iterable[float], *, kind: str) -> None:
        """Join points; `kind` are the line's classes, such as `curve s0` or `rule`."""
        points = " ".join(self._at(x, y) for x, y in zip(xs, ys, strict=True))
        self._pieces.append(_tag("polyline", points=points, class_=kind))

    def band(self, low: float, high: float, *, kind: str) -> None:
        """Fill between two heights, over the whole width."""
        ends = (self._x.low, low), (self._x.high, low), (self._x.high, high), (self._x.low, high)
        points = " ".join(self._at(x, y) for x, y in ends)
        self._pieces.append(_tag("polygon", points=points, class_=kind))

    def mark(self, x: float, y: float, *, series: int, title: str) -> None:
        """Set a mark; the title shows when pointed at."""
        shape = _tag("title", title)
        path = f"M{self._at(x, y)}{_SHAPES[series]}"
        self._pieces.append(_tag("path", shape, markup=True, d=path, class_=f"mark s{series}"))

    def svg(self, alt: str) -> str:
        """Finish.

        Args:
            alt: What the chart shows, for who cannot see it.
        """
        size = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "xmlns": "http://www.w3.org/2000/svg"}
        inside = "".join((*self._grid(), *self._pieces, *self._names(), *self._keys()))
        return _tag("svg", inside, markup=True, class_="plot", role="img", aria_label=alt, **size)

    def _at(self, x: float, y: float) -> str:
        across = _LEFT + self._x.share(x) * (_RIGHT - _LEFT)
        up = _BOTTOM - self._y.share(y) * (_BOTTOM - self._top)
        return f"{across:.1f},{up:.1f}"

    def _grid(self) -> Iterator[str]:
        for tick in self._x.ticks():
            x = round(_LEFT + self._x.share(tick) * (_RIGHT - _LEFT), 1)
            yield _tag("path", d=f"M{x},{_BOTTOM}V{self._top}", class_="grid")
            yield _tag("text", self._x.label(tick), x=x, y=_BOTTOM + 17, class_="middle")
        for tick in self._y.ticks():
            y = round(_BOTTOM - self._y.share(tick) * (_BOTTOM - self._top), 1)
            yield _tag("path", d=f"M{_LEFT},{y}H{_RIGHT}", class_="grid")
            yield _tag("text", self._y.label(tick), x=_LEFT - 7, y=y + 4, class_="end")

    def _names(self) -> Iterator[str]:
        yield _tag("path", d=f"M{_LEFT},{self._top}V{_BOTTOM}H{_RIGHT}", class_="axis")
        middle = (_LEFT + _RIGHT) / 2
        yield _tag("text", self._x.name, x=middle, y=HEIGHT - 8, class_="middle name")
        turned = f"translate(12 {(self._top + _BOTTOM) / 2}) rotate(-90)"
        yield _tag("text", self._y.name, transform=turned, class_="middle name")

    def _keys(self) -> Iterator[str]:
        for series, (row, x, label) in enumerate(self._legend):
            y = _TOP + _ROW * row + 2
            yield _tag("path", d=f"M{x:.0f},{y}h22", class_=f"curve s{series % SERIES}")
            shape = f"M{x + 11:.0f},{y}{_SHAPES[series % SERIES]}"
            yield _tag("path", d=shape, class_=f"mark s{series % SERIES}")
            yield _tag("text", label, x=round(x + 28), y=y + 4)


def _placed(labels: Sequence[str]) -> Iterator[tuple[int, float, str]]:
    """Break a legend into rows: row, left end, label."""
    row, x = 0, float(_LEFT)
    for label in labels:
        width = 40 + _LETTER * len(label)
        if x > _LEFT and x + width > _RIGHT:
            row, x = row + 1, float(_LEFT)
        yield row, x, label
        x += width


def _tag(name: str, inside: str = "", *, markup: bool = False, **attributes: str | float) -> str:
    """Write one element; `inside` is text unless it is markup."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(str(value))}"
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{inside if markup else escape(inside)}</{name}>"
