"""Small square pictures of luma, by which near duplicates are told.

Every picture is stretched to one square: a crop, a changed size or a changed shape of it then differ by
a scale and a shift of each axis alone, and no length of any picture matters any more.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from components.pictures import colour, images
from components.pictures.images import Picture
from components.pictures.resize import resize

SIDE = 64

Thumbnails: TypeAlias = NDArray[np.floating[Any]]
"""(N, SIDE, SIDE), luma in levels of 255."""

TURNS = tuple(product((False, True), (1, -1), (1, -1)))
"""The ways of turning and mirroring: swap the axes, after steps along rows and along columns.

The first changes nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """What a search keeps of one picture.

    Attributes:
        digest: sha256 of size and samples, decoded: the same whatever the lossless format.
        width: Of the upright picture, pixels.
        height: Of the upright picture, pixels.
        luma: (SIDE, SIDE) float16, 8 KiB.
    """

    digest: str
    width: int
    height: int
    luma: NDArray[np.float16]


def read(file: Path) -> Thumbnail:
    """Decode a whole file and reduce it.

    Raises:
        PictureError: as `images.read`.
    """
    return reduce(images.read(file))


def reduce(picture: Picture) -> Thumbnail:
    """Reduce a picture to its thumbnail; alpha is left out."""
    rgb = images.rgb(picture)
    small = resize(colour.grey(rgb)[None], SIDE, SIDE)[0, 0] * 255
    return Thumbnail(
        digest=_digest(picture),
        width=rgb.shape[2],
        height=rgb.shape[1],
        luma=small.numpy().astype(np.float16),
    )


def stack(thumbnails: Sequence[Thumbnail]) -> Thumbnails:
    """Put thumbnails into one array; none give (0, SIDE, SIDE)."""
    lumas = [thumbnail.luma for thumbnail in thumbnails]
    return np.array(lumas, np.float16).reshape(-1, SIDE, SIDE)


def turn(thumbnails: Thumbnails, number: int) -> Thumbnails:
    """Turn thumbnails, or one, in one of the ways of `TURNS`; a view.

    Example:
        >>> turn(np.array([[1, 2], [3, 4]]), 1)
        array([[2, 1],
               [4, 3]])
    """
    swap, rows, columns = TURNS[number]
    stepped = thumbnails[..., ::rows, ::columns]
    return stepped.swapaxes(-1, -2) if swap else stepped


def _digest(picture: Picture) -> str:
    samples = picture.pixels
    if picture.bits == 8:  # a quarter of the bytes
        samples = (samples * 255).round().to(torch.uint8)
    content = hashlib.sha256(repr(tuple(samples.shape)).encode())
    content.update(samples.contiguous().numpy().data)
    return content.hexdigest()
