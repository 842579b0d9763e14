"""Which pictures of many may show the same: a fast search that misses few, and names too many.

A picture is described by its 8 x 8 lowest frequencies, as in perceptual hashing, but not rounded to
bits: a crop by a few pixels changes them little. A larger crop is found as a window: each reference is
described sixteen times, for every product of four intervals of its sides (the whole, and its first,
middle and last 13/16), so that what was cut out of it is near to one of its windows. Turning and
mirroring are tried on the query.

A pair costs 8 x 16 x 64 multiply-adds, so that the time grows with the square of the number.

Source: C. Zauner, Implementation and benchmarking of perceptual image hash functions, 2010,
https://www.phash.org/docs/pubs/thesis_zauner.pdf, for the low frequencies.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from components.inspection.thumbnails import SIDE, TURNS, Thumbnails, turn

NEAREST = 3
"""References that a query may be close to, at most."""

FLOOR = 0.6
"""Correlation from which on a pair is worth a close look.

400 photographs cropped at random to 85 % of each side were all nearer to the whole than this; of the
nearest others half are.
"""

_FREQUENCIES = 8
_FAINT = SIDE / 2  # half a level of contrast: what is left of a flat picture is noise
_INTERVALS = ((0, SIDE), (0, 52), (6, 58), (12, SIDE))
_WINDOWS = np.array(
    [
        ((bottom - top) / SIDE, top / SIDE, (right - left) / SIDE, left / SIDE)
        for (top, bottom), (left, right) in product(_INTERVALS, repeat=2)
    ],
    np.float32,
)
_BLOCK = 2**24  # correlations in memory at once
_CHUNK = 1024  # thumbnails in memory at once in single precision

Numbers = NDArray[np.intp]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs to be compared closely.

    Attributes:
        query: (N,) number of the query.
        reference: (N,) number of the reference.
        turn: (N,) which of `TURNS` the query needs.
        window: (N, 4) the part of the reference that the query is near to, of its sides: height, top,
            width, left.
    """

    query: Numbers
    reference: Numbers
    turn: Numbers
    window: Vectors


def search(queries: Thumbnails, references: Thumbnails, *, itself: bool = False) -> Candidates:
    """Find the references of which each query may be a version, or a part.

    Args:
        queries: (N, SIDE, SIDE).
        references: (M, SIDE, SIDE).
        itself: Whether both are the same pictures; none is then a candidate of its own.

    Returns:
        At most `NEAREST` for each query; none for pictures without contrast.
    """
    if not (len(queries) and len(references)):
        none = np.empty(0, np.intp)
        return Candidates(none, none, none, _WINDOWS[none])
    windows = _describe(references).swapaxes(0, 1).reshape(-1, _FREQUENCIES**2)  # (16 * M, 64)
    rows = max(1, _BLOCK // (len(windows) * len(TURNS)))
    found = []
    for first in range(0, len(queries), rows):
        near = _compare(queries[first : first + rows], windows)
        if itself:
            own = np.arange(near.shape[1])
            near[:, own, :, own + first] = -1
        chosen = _select(near)
        chosen[:, 0] += first
        found.append(chosen)
    query, reference, way, window = np.concatenate(found).T
    return Candidates(query, reference, way, _WINDOWS[window])


def _compare(queries: Thumbnails, windows: Vectors) -> Vectors:
    """Correlate turned queries with windows: (turns, queries, windows, references)."""
    turned = np.stack([turn(queries, number) for number in range(len(TURNS))])
    whole = _describe(turned.reshape(-1, SIDE, SIDE))[:, 0]
    return (whole @ windows.T).reshape(len(TURNS), len(queries), len(_WINDOWS), -1)


def _select(near: Vectors) -> Numbers:
    """Choose the nearest references of each query: rows of query, reference, turn, window."""
    best = near.max(axis=(0, 2))  # (queries, references)
    nearest = np.argsort(-best, axis=1)[:, :NEAREST]
    query, place = np.nonzero(np.take_along_axis(best, nearest, axis=1) > FLOOR)
    reference = nearest[query, place]
    ways = near[:, query, :, reference].reshape(len(query), len(TURNS) * len(_WINDOWS))
    return np.stack([query, reference, *np.divmod(ways.argmax(axis=1), len(_WINDOWS))], axis=1)


def _describe(thumbnails: Thumbnails) -> Vectors:
    """Give each window's low frequencies, weighed and of length one: (N, 16, 64)."""
    chunks = range(0, len(thumbnails), _CHUNK)
    return np.concatenate([_transform(thumbnails[first : first + _CHUNK]) for first in chunks])


def _transform(thumbnails: Thumbnails) -> Vectors:
    frequency = np.arange(_FREQUENCIES)
    weight = (
        np.hypot(frequency[:, None], frequency) ** 0.5
    )  # photographs have less of the high ones
    grid = (len(_INTERVALS), _FREQUENCIES)
    found = _BASIS.T @ thumbnails.astype(np.float32) @ _BASIS  # (N, 32, 32)
    found = found.reshape(-1, *grid, *grid).swapaxes(2, 3) * weight.astype(np.float32)
    found = found.reshape(-1, len(_WINDOWS), _FREQUENCIES**2)
    length = np.linalg.norm(found, axis=2, keepdims=True)
    described: Vectors = np.where(length > _FAINT, found / np.maximum(length, _FAINT), 0)
    return described


def _cosines() -> Vectors:
    """Give the cosine transforms of all intervals side by side, (SIDE, intervals * frequencies)."""
    basis = np.zeros((SIDE, len(_INTERVALS), _FREQUENCIES))
    for number, (start, stop) in enumerate(_INTERVALS):
        length = stop - start
        place = np.pi * (np.arange(length) + 0.5) / length
        basis[start:stop, number] = np.cos(place[:, None] * np.arange(_FREQUENCIES))
        basis[start:stop, number] *= (2 / length) ** 0.5
    return basis.reshape(SIDE, -1).astype(np.float32)


_BASIS = _cosines()
