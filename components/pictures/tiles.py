"""Cut an image into tiles, each with the halo of pixels around it that its inside depends on."""

from collections.abc import Iterator
from typing import NamedTuple


class Window(NamedTuple):
    """A part of an image; for `image[..., window.rows, window.columns]`."""

    rows: slice
    columns: slice


class Tile(NamedTuple):
    """One tile.

    Attributes:
        place: The tile in the image; all tiles together cover the image once.
        outer: The tile and its halo, in the image; the image's edge cuts the halo off.
        inner: The tile within `outer`.
    """

    place: Window
    outer: Window
    inner: Window


def tiles(height: int, width: int, *, side: int, halo: int) -> Iterator[Tile]:
    """Yield the tiles of an image, row by row.

    Args:
        height: Of the image, pixels.
        width: Of the image, pixels.
        side: Of a tile; the last ones of a row or column may be smaller.
        halo: Pixels around a tile.

    Example:
        >>> [tile.outer.columns for tile in tiles(1, 5, side=2, halo=1)]
        [slice(0, 3, None), slice(1, 5, None), slice(3, 5, None)]
    """
    for rows in _spans(height, side, halo):
        for columns in _spans(width, side, halo):
            yield Tile(*(Window(r, c) for r, c in zip(rows, columns, strict=True)))


def _spans(length: int, side: int, halo: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield place, outer and inner along one axis."""
    for start in range(0, length, side):
        end = min(start + side, length)
        first, last = max(0, start - halo), min(length, end + halo)
        yield slice(start, end), slice(first, last), slice(start - first, end - first)
