"""Degraded mates that a set brings along: which file belongs to which picture, and how much smaller."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.datasets.manifest import Row
from components.errors import PairError
from components.pictures import images


@dataclass(frozen=True, slots=True)
class Mate:
    """A degraded picture.

    Attributes:
        file: Where it lies.
        height: Pixels.
        width: Pixels.
        scale: Its ground truth's sides are this many times larger, rows and columns that fill no whole
            pixel of the mate left out.
    """

    file: Path
    height: int
    width: int
    scale: int


def find_mates(rows: Sequence[Row]) -> list[Mate]:
    """Find the mate of each picture; only headers are read.

    Args:
        rows: The pictures; several may share a ground truth.

    Returns:
        One a row, all of one scale.

    Raises:
        PairError: a picture has no mate, its mate's sides are not its own over a whole number, or that
            number is not the same for all.
        PictureError: a mate is missing or has no header that can be read.
    """
    mates = [_mate(row) for row in rows]
    for row, mate in zip(rows, mates, strict=True):
        if mate.scale != mates[0].scale:
            raise PairError(
                f"{mate.file} is {mate.scale} times smaller than {row.file}, but {mates[0].file} is "
                f"{mates[0].scale} times smaller than {rows[0].file}; a model has one scale"
            )
    return mates


def _mate(row: Row) -> Mate:
    if row.lq is None:
        raise PairError(
            f"{row.file}: has no degraded mate in the set; either all training and validation "
            "pictures have one, or `degradation` says how they are made"
        )
    file = row.folder / row.lq
    height, width = images.size_of(file)
    scale = max(1, row.height // height)
    if (row.height // scale, row.width // scale) != (height, width):
        raise PairError(
            f"{file}: {width}x{height} does not fit its ground truth {row.file} of "
            f"{row.width}x{row.height}; its sides must be those divided by one whole number"
        )
    return Mate(file, height, width, scale)
