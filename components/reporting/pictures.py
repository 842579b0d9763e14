"""Pictures for people to look at: a small overview, and one window with its true pixels."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.errors import PairError

Pixels: TypeAlias = NDArray[np.uint8]
"""(H, W, 3), RGB."""

TRUTH = "truth"
OVERVIEW_SIDE = 480
SMALL_SIDE = 200
THUMBNAIL_SIDE = 128
WINDOW_SIDE = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A square of a picture, in pixels."""

    top: int
    left: int
    side: int


@dataclass(frozen=True, slots=True)
class View:
    """One picture twice, both as data URIs: reduced, and a window of it."""

    label: str
    overview: str
    window: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The same picture as several models gave it.

    Attributes:
        views: In the order of the pictures given.
        window: What the views show enlarged, the same place in each.
        height: Of the whole picture, pixels.
        width: Of the whole picture, pixels.
    """

    views: tuple[View, ...]
    window: Window
    height: int
    width: int

    @property
    def is_small(self) -> bool:
        """Whether the overviews are the pictures themselves, to be enlarged pixel by pixel."""
        return max(self.height, self.width) <= SMALL_SIDE

    @property
    def outline(self) -> str:
        """The window's place in the overview, as CSS."""
        return (
            f"left:{self.window.left / self.width:.2%};top:{self.window.top / self.height:.2%};"
            f"width:{self.window.side / self.width:.2%};"
            f"height:{self.window.side / self.height:.2%}"
        )


def strip(pictures: Mapping[str, Pixels], *, reference: str) -> Strip:
    """Prepare one row of pictures.

    Args:
        pictures: label -> (H, W, 3) uint8, all of one size, one of them labelled `truth`.
        reference: The label whose error against the truth chooses the window; where it is missing,
            the window shows what is richest in detail.

    Raises:
        PairError: there is no truth, or a picture is not uint8 of its size.
    """
    truth = pictures.get(TRUTH)
    if truth is None:
        raise PairError(f"a row of pictures needs {TRUTH!r} (there are: {', '.join(pictures)})")
    for label, picture in pictures.items():
        if picture.shape != truth.shape or picture.dtype != np.uint8:
            raise PairError(
                f"picture {label!r} is {picture.shape} {picture.dtype}, "
                f"the truth is {truth.shape} uint8"
            )
    window = hardest_window(pictures.get(reference), truth)
    return Strip(
        views=tuple(_view(label, picture, window) for label, picture in pictures.items()),
        window=window,
        height=truth.shape[0],
        width=truth.shape[1],
    )


def hardest_window(restored: Pixels | None, truth: Pixels) -> Window:
    """Find the square where a restored picture is farthest from the truth.

    Args:
        restored: (H, W, 3); None compares the truth with its own mean colour, so finds detail.
        truth: (H, W, 3).

    Returns:
        A third of the shorter side, at most 64 pixels; the first of equals, from the top left.
    """
    height, width = truth.shape[:2]
    side = max(1, min(WINDOW_SIDE, min(height, width) // 3))
    right = truth.astype(np.int64)
    other = right.mean((0, 1)) if restored is None else restored
    error = ((right - other) ** 2).sum(2)  # (H, W)
    total = np.pad(error.cumsum(0).cumsum(1), ((1, 0), (1, 0)))  # (H + 1, W + 1)
    inside = (
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return Window(int(top), int(left), side)


def contact_sheet(rows: Sequence[Sequence[Pixels]]) -> str:
    """Lay pictures out in rows of small squares; a JPEG as a data URI.

    Args:
        rows: May differ in length; each picture is reduced to fit its square.
    """
    side = THUMBNAIL_SIDE
    sheet = Image.new("RGB", (side * max(map(len, rows)), side * len(rows)), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            image = Image.fromarray(picture)
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            sheet.paste(image, (side * x, side * y))
    return data_uri("image/jpeg", _encode(sheet, "JPEG", quality=85))


def data_uri(kind: str, content: bytes) -> str:
    """Write a file into the page itself; `kind` is its media type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _view(label: str, picture: Pixels, window: Window) -> View:
    rows = slice(window.top, window.top + window.side)
    columns = slice(window.left, window.left + window.side)
    return View(label, _overview(picture), _png(Image.fromarray(picture[rows, columns])))


def _overview(picture: Pixels) -> str:
    image = Image.fromarray(picture)
    if max(image.size) <= SMALL_SIDE:
        return _png(image)
    image.thumbnail((OVERVIEW_SIDE, OVERVIEW_SIDE), Image.Resampling.LANCZOS)
    return data_uri("image/jpeg", _encode(image, "JPEG", quality=90, subsampling=0))


def _png(image: Image.Image) -> str:
    return data_uri("image/png", _encode(image, "PNG", optimize=True))


def _encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
