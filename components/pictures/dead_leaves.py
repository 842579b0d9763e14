"""Draw dead leaves: random shapes over one another, with statistics close to those of photographs.

Radii have density r^-3, so every scale covers the same share of the picture. Colours come from a
photograph. Each leaf has its own shading and grain, and one in three has wavy stripes as well.

The same number gives the same bytes on every machine. Random numbers are the raw bits of PCG64, a
stream that NumPy keeps (NEP 19); all else is arithmetic in integers, or in those IEEE operations
that round exactly (+ - * / sqrt). Directions are Pythagorean triples, so no sine is needed.

Source: Lee, Mumford, Huang, Occlusion models for natural images, International Journal of Computer
Vision 41 (2001) 35-59. Training on them: Achddou, Gousseau, Ladjal, Synthetic images as a
regularity prior for image restoration neural networks, SSVM 2021,
https://openreview.net/forum?id=vKT8fZFGcG.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]

# Lengths are in samples; a pixel is 2 x 2 of them.
_SMALLEST, _LARGEST = 8, 320
_MEAN_AREA = 1484  # of a leaf: 2 pi ln(320 / 8) / (8^-2 - 320^-2)
_LAYERS = 5  # leaves over a point, on average; the lowest one fills the 0.7 % without any
_NOISE_SIDE = 512  # of the noise tile, a power of 2
# Rows a, b, c: turned by the angle of cosine a/c and sine b/c, from 0 to 74 degrees.
_TURNS = (
    (1, 24, 15, 4, 21, 3, 8, 7),
    (0, 7, 8, 3, 20, 4, 15, 24),
    (1, 25, 17, 5, 29, 5, 17, 25),
)
# Rows m, n: the first axis to the second as n to m; both orders, which is a turn by 90 degrees.
_STRETCHES = (
    (1, 1, 3, 4, 2, 3, 1, 2, 1, 3),
    (1, 1, 4, 3, 3, 2, 2, 1, 3, 1),
)


class _Leaf(NamedTuple):
    """A shape: with u = m (a dx + b dy), v = n (a dy - b dx), all points of u^2 + v^2 <= limit.

    A box is max(u^2, v^2) <= limit.
    """

    x: int
    y: int
    reach: int
    ma: int
    mb: int
    na: int
    nb: int
    limit: int
    box: int


@dataclass(frozen=True, slots=True)
class _Looks:
    """How each of N leaves is coloured; gains are in 1/256."""

    colour: Ints  # (3, N), 0..255
    towards: Ints  # (3, N), to the neighbouring colour
    shift: Ints  # (2, N), of the noise
    grain: Ints  # (3, N), gain of fine and coarse grain, and strength of the drift in colour
    shade: Ints  # (3, N), gain = (shade . (x, y, 1)) / 256
    stripe: Ints  # (3, N), steps of the phase along x and y, gain


def dead_leaves(number: int, *, palette: NDArray[np.uint8], pixels: int = 256) -> NDArray[np.uint8]:
    """Draw one picture.

    Args:
        number: Which one; not negative.
        palette: Colours to draw from, (K, 3), K >= 2; a leaf drifts from one towards the next.
        pixels: Side of the picture.

    Returns:
        (pixels, pixels, 3) RGB.
    """
    bits = PCG64(number)
    leaves = _scatter(bits, side=2 * pixels)
    top = _stack(leaves, side=2 * pixels)
    looks = _dress(bits, leaves, palette)
    return _paint(top, looks, [_noise(bits, cell) for cell in (2, 8, 64)])


def _scatter(bits: PCG64, side: int) -> Ints:
    """Place leaves around the picture; those that touch it, lowest first, as rows of `_Leaf`."""
    span = side + 2 * _LARGEST
    number = _LAYERS * span**2 // _MEAN_AREA
    x, y = _draw(bits, span, 2, number) - _LARGEST
    unit = (bits.random_raw(number) >> np.uint64(11)) / (1 << 53)
    # The radius is smallest / sqrt(1 - unit * share), by the inverse of the distribution function.
    share = 1 - _SMALLEST**2 / _LARGEST**2
    square = (_SMALLEST**2 / (1 - unit * share)).astype(np.int64)
    a, b, c = np.array(_TURNS)[:, _draw(bits, len(_TURNS[0]), number)]
    m, n = np.array(_STRETCHES)[:, _draw(bits, len(_STRETCHES[0]), number)]
    box = _draw(bits, 3, number) == 0
    reach = np.sqrt(square * (m * m + n * n) / (m * n)).astype(np.int64) + 1
    limit = m * n * c * c * square
    limit = np.where(box, limit * 3 // 4, limit)  # as large as the ellipse, nearly
    touches = (np.maximum(-x, x - side) < reach) & (np.maximum(-y, y - side) < reach)
    columns = (x, y, reach, m * a, m * b, n * a, n * b, limit, box)
    return np.stack([column[touches] for column in columns], axis=1)


def _stack(leaves: Ints, side: int) -> NDArray[np.intp]:
    """Drop leaves on one another; the number of the one on top of each sample, (side, side)."""
    top = np.zeros((side, side), dtype=np.intp)
    for number, row in enumerate(leaves.tolist()):
        leaf = _Leaf(*row)
        y, x = max(leaf.y - leaf.reach, 0), max(leaf.x - leaf.reach, 0)
        window = top[y : leaf.y + leaf.reach + 1, x : leaf.x + leaf.reach + 1]
        dy = np.arange(y, y + window.shape[0])[:, None] - leaf.y
        dx = np.arange(x, x + window.shape[1]) - leaf.x
        u = leaf.ma * dx + leaf.mb * dy
        v = leaf.na * dy - leaf.nb * dx
        u *= u
        v *= v
        size = np.maximum(u, v, out=u) if leaf.box else np.add(u, v, out=u)
        np.copyto(window, number, where=size <= leaf.limit)
    return top


def _dress(bits: PCG64, leaves: Ints, palette: NDArray[np.uint8]) -> _Looks:
    """Choose the looks of every leaf."""
    number = len(leaves)
    x, y, reach = leaves[:, :3].T
    first = _draw(bits, len(palette) - 1, number)
    colour = palette[first].astype(np.int64).T
    # The product of two draws: most leaves are smooth, a few are rough.
    grain = _draw(bits, 16, 3, number) * _draw(bits, 16, 3, number) // np.array([[6], [4], [4]])
    slope = (_draw(bits, 129, 2, number) - 64) * 256 // reach  # a quarter per axis, at the rim
    stripe = _draw(bits, 65, 2, number) - 32
    depth = np.where(_draw(bits, 3, number) == 0, _draw(bits, 96, number), 0)
    return _Looks(
        colour=colour,
        towards=palette[first + 1].T - colour,
        shift=_draw(bits, _NOISE_SIDE, 2, number),
        grain=grain,
        shade=np.stack([*slope, -(slope[0] * x + slope[1] * y)]),
        stripe=np.stack([*stripe, depth]),
    )


def _paint(top: NDArray[np.intp], looks: _Looks, noise: list[Ints]) -> NDArray[np.uint8]:
    """Colour every sample by its leaf, then average 2 x 2 of them."""

    def of(values: Ints) -> NDArray[np.int32]:
        return values.astype(np.int32).take(top)

    x = np.arange(len(top), dtype=np.int32)
    y = x[:, None]
    wrap = _NOISE_SIDE - 1
    place = ((y + of(looks.shift[0])) & wrap) * _NOISE_SIDE + ((x + of(looks.shift[1])) & wrap)
    fine, coarse, drift = (tile.astype(np.int32).take(place) for tile in noise)
    phase = of(looks.stripe[0]) * x + of(looks.stripe[1]) * y + 4 * drift
    gain = 256 + ((of(looks.shade[0]) * x + of(looks.shade[1]) * y + of(looks.shade[2])) >> 8)
    gain += (of(looks.grain[0]) * fine + of(looks.grain[1]) * coarse) >> 7
    gain += (of(looks.stripe[2]) * (np.abs((phase & 255) - 128) - 64)) >> 6
    share = np.clip(64 + ((of(looks.grain[2]) * drift) >> 5), 0, 256)
    channels = []
    for colour, towards in zip(looks.colour, looks.towards, strict=True):
        value = of(colour) + ((of(towards) * share) >> 8)
        value = np.clip((((value + 16) * gain) >> 8) - 8, 0, 255)  # + 16: black has grain too
        channels.append(value[::2, ::2] + value[1::2, ::2] + value[::2, 1::2] + value[1::2, 1::2])
    return ((np.stack(channels, axis=2) + 2) >> 2).astype(np.uint8)


def _noise(bits: PCG64, cell: int) -> Ints:
    """Make smooth noise that repeats: random values -128..127 a cell apart, straight in between."""
    grid = _draw(bits, 256, _NOISE_SIDE // cell, _NOISE_SIDE // cell) - 128
    return _between(_between(grid, cell).T, cell).T // cell**2


def _between(grid: Ints, cell: int) -> Ints:
    """Widen (h, w) to (h, w * cell) by straight lines, times `cell`."""
    step = np.arange(cell)
    after = np.roll(grid, -1, axis=1)[..., None]
    return (grid[..., None] * (cell - step) + after * step).reshape(len(grid), -1)


def _draw(bits: PCG64, bound: int, *shape: int) -> Ints:
    """Draw integers from 0 to bound - 1."""
    return (bits.random_raw(shape) % np.uint64(bound)).astype(np.int64)
