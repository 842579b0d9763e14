"""How alike two pictures are once one is laid over the other: by pixels, not by a description.

Between a picture and a crop of it, enlarged to the same square, lie a scale and a shift of each axis.
They are found by least squares, coarse to fine, together with a gain and an offset of brightness; what
is compared then is the middle of the frequencies, where other pictures are never alike by chance as
skies and horizons are in the low ones.

Source: B. D. Lucas, T. Kanade, An iterative image registration technique, IJCAI 1981; the steps are
those of Gauss and Newton.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from components.inspection.thumbnails import SIDE, Thumbnails

Values = NDArray[np.float32]

# Width of the blur in pixels of the half-size square, steps; each stage starts where the last ended.
_STAGES = ((2.0, 5), (1.0, 4), (0.5, 3))

_BAND = (1.0, 3.0)  # between these blurs, pixels of the full square
_LONGEST_STEP = 0.05  # of the side
_SCALES = (0.5, 2.0)
_FAINT = 0.1  # levels: less in the band is rounding, and like nothing
_LEAST_GAIN = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What was found of each pair.

    Attributes:
        score: (N,) correlation of the middle frequencies where both pictures are, at most 1.
        covers: (N,) the smaller of the shares that the common part has of either picture.
    """

    score: Values
    covers: Values


def align(pictures: Thumbnails, others: Thumbnails, window: Values) -> Likeness:
    """Lay each other picture over its partner, and compare.

    Args:
        pictures: (N, SIDE, SIDE).
        others: (N, SIDE, SIDE).
        window: (N, 4) where about in the other the picture is, in parts of its sides: height, top,
            width, left. It may be wrong by a tenth.
    """
    place = window
    pictures, others = pictures.astype(np.float32), others.astype(np.float32)
    small, other = _halve(pictures), _halve(others)
    for blur, steps in _STAGES:
        place = _fit(_blur(small, blur), _blur(other, blur), place, steps=steps)
    return Likeness(*_agreement(pictures, others, place))


def _fit(pictures: Values, others: Values, place: Values, *, steps: int) -> Values:
    """Improve the places, (N, 4), by least squares on the difference of the pictures."""
    count, side, _ = pictures.shape
    along = _centres(side)
    slopes = [side * slope for slope in np.gradient(others, axis=(1, 2))]
    for _ in range(steps):
        rows, columns, both = _sampling(place, side)
        down, right, level = (rows @ layer @ columns.mT for layer in (*slopes, others))
        unknowns = np.stack(
            (down * along[:, None], down, right * along, right, level, np.ones_like(level)), axis=1
        )  # (N, 6, side, side)
        unknowns = (unknowns * both[:, None]).reshape(count, 6, -1)
        normal = unknowns @ unknowns.mT + 1e-3 * np.eye(6, dtype=np.float32)
        solved = np.linalg.solve(normal, unknowns @ pictures.reshape(count, -1, 1))[..., 0]
        step = solved[:, :4] / np.maximum(solved[:, 4:5], _LEAST_GAIN)
        place = place + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        place[:, ::2] = np.clip(place[:, ::2], *_SCALES)
    return place


def _agreement(pictures: Values, others: Values, place: Values) -> tuple[Values, Values]:
    """Correlate the bands of both where they overlap; and say how much of either that is."""
    rows, columns, both = _sampling(place, SIDE)
    first = _band(pictures)
    second = rows @ _band(others) @ columns.mT
    energies = [(side**2 * both).sum(axis=(1, 2)) for side in (first, second)]
    faint = _FAINT**2 * both.sum(axis=(1, 2))
    score: Values = (first * second * both).sum(axis=(1, 2)) / np.sqrt(
        energies[0] * energies[1] + 1e-6
    )
    score[(energies[0] < faint) | (energies[1] < faint)] = 0
    covers: Values = both.mean(axis=(1, 2))
    of_others: Values = covers * place[:, 0] * place[:, 2]
    return score, np.minimum(covers, of_others)


def _sampling(place: Values, side: int) -> tuple[Values, Values, Values]:
    """Give the matrices that sample rows and columns, (N, side, side), and where both are inside."""
    matrices: list[Values] = []
    inside = []
    for axis in (0, 2):
        position = (place[:, axis, None] * _centres(side) + place[:, axis + 1, None]) * side - 0.5
        inside.append((position > -0.5) & (position < side - 0.5))
        distance = np.abs(
            np.clip(position, 0, side - 1)[..., None] - np.arange(side, dtype=np.float32)
        )
        matrices.append(np.maximum(0, 1 - distance))
    both: Values = (inside[0][:, :, None] & inside[1][:, None, :]).astype(np.float32)
    return matrices[0], matrices[1], both


def _centres(side: int) -> Values:
    """Give the centres of pixels, in parts of the side."""
    return ((np.arange(side) + 0.5) / side).astype(np.float32)


def _halve(pictures: Values) -> Values:
    rows = pictures[:, ::2] + pictures[:, 1::2]
    means: Values = (rows[:, :, ::2] + rows[:, :, 1::2]) * np.float32(0.25)
    return means


def _band(pictures: Values) -> Values:
    return _blur(pictures, _BAND[0]) - _blur(pictures, _BAND[1])


def _blur(pictures: Values, width: float) -> Values:
    for axis in (1, 2):
        pictures = gaussian_filter1d(pictures, width, axis=axis, mode="nearest")
    return pictures
