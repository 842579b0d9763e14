"""Pictures for people to look at: a small overview, and a window of true pixels."""

import base64
import io
import math
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
OVERVIEW_SIDE = 240
THUMBNAIL_SIDE = 128
LONGEST_SIDE = 16_383  # of a WebP


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in pixels."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class View:
    """One model's picture: the window, without loss, as a data URI."""

    label: str
    uri: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The same picture as several models gave it.

    Attributes:
        views: In the order of the pictures given.
        overview: The whole truth, reduced and compressed, as a data URI.
        window: What the views show, the same place in each.
        height: Of the whole picture, pixels.
        width: Of the whole picture, pixels.
    """

    views: tuple[View, ...]
    overview: str
    window: Window
    height: int
    width: int

    @property
    def is_whole(self) -> bool:
        """Whether the window is the whole picture."""
        return (self.window.height, self.window.width) == (self.height, self.width)

    @property
    def outline(self) -> str:
        """The window's place in the overview, as CSS."""
        return (
            f"left:{self.window.left / self.width:.2%};top:{self.window.top / self.height:.2%};"
            f"width:{self.window.width / self.width:.2%};"
            f"height:{self.window.height / self.height:.2%}"
        )


def strip(pictures: Mapping[str, Pixels], *, reference: str, pixels: int) -> Strip:
    """Prepare one row of pictures.

    Args:
        pictures: label -> (H, W, 3) uint8, all of one size, one of them labelled `truth`.
        reference: The label whose error against the truth chooses the window; where it is missing,
            the window shows what is richest in detail.
        pixels: At most so many in the window.

    Raises:
        PairError: there is no truth, or a picture is not uint8 of its size.
    """
    truth = _checked_truth(pictures)
    window = hardest_window(pictures.get(reference), truth, size=_fitting(truth, pixels))
    rows = slice(window.top, window.top + window.height)
    columns = slice(window.left, window.left + window.width)
    return Strip(
        views=tuple(
            View(label, _lossless(picture[rows, columns])) for label, picture in pictures.items()
        ),
        overview=_overview(truth),
        window=window,
        height=truth.shape[0],
        width=truth.shape[1],
    )


def hardest_window(restored: Pixels | None, truth: Pixels, *, size: tuple[int, int]) -> Window:
    """Find the part where a restored picture is farthest from the truth.

    Args:
        restored: (H, W, 3); None compares the truth with its own mean colour, so finds detail.
        truth: (H, W, 3).
        size: Height and width of the part, within the picture.

    Returns:
        The part; the first of equals, from the top left.
    """
    height, width = size
    right = truth.astype(np.int64)
    other = right.mean((0, 1)) if restored is None else restored
    error = ((right - other) ** 2).sum(2)  # (H, W)
    total = np.pad(error.cumsum(0).cumsum(1), ((1, 0), (1, 0)))  # (H + 1, W + 1)
    inside = (
        total[height:, width:]
        - total[:-height, width:]
        - total[height:, :-width]
        + total[:-height, :-width]
    )
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return Window(int(top), int(left), height, width)


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


def _checked_truth(pictures: Mapping[str, Pixels]) -> Pixels:
    truth = pictures.get(TRUTH)
    if truth is None:
        raise PairError(f"a row of pictures needs {TRUTH!r} (there are: {', '.join(pictures)})")
    for label, picture in pictures.items():
        if picture.shape != truth.shape or picture.dtype != np.uint8:
            raise PairError(
                f"picture {label!r} is {picture.shape} {picture.dtype}, "
                f"the truth is {truth.shape} uint8"
            )
    return truth


def _fitting(picture: Pixels, pixels: int) -> tuple[int, int]:
    """Height and width of the squarest window within a picture that has at most so many pixels."""
    height, width = picture.shape[:2]
    side = max(1, math.isqrt(pixels))
    if height <= width:
        high = min(height, side)
        return high, max(1, min(width, pixels // high, LONGEST_SIDE))
    wide = min(width, side)
    return max(1, min(height, pixels // wide, LONGEST_SIDE)), wide


def _lossless(picture: Pixels) -> str:
    """Two thirds of a PNG's bytes; a higher `method` saves 2 % more and takes up to 60 times longer."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return data_uri("image/webp", _encode(image, "WEBP", lossless=True, method=3))


def _overview(picture: Pixels) -> str:
    image = Image.fromarray(picture)
    image.thumbnail((OVERVIEW_SIDE, OVERVIEW_SIDE), Image.Resampling.LANCZOS)
    return data_uri("image/jpeg", _encode(image, "JPEG", quality=85))


def _encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
