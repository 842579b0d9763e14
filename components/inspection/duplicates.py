"""Which pictures show the same: equal by content, or alike once laid over one another.

Found are crops, turned and mirrored ones, other sizes, qualities and brightness. Of 400 photographs
cropped at random to 95, 90, 80 and 70 % of each side and turned, 400, 399, 397 and 319 are found, and
no other pair. Not found are smaller crops, larger crops of nothing but fine texture such as gravel, and
flat pictures that are not equal. Colours are not looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import TypeVar

import numpy as np

from components.artifacts import Progress
from components.inspection.alignment import align
from components.inspection.neighbours import search
from components.inspection.thumbnails import Thumbnail, stack, turn

ALIKE = 0.7
"""Correlation of the middle frequencies from which on two pictures show the same.

Of BSD400, 30 pictures of Rain100H, Set5 and Set14 the worst true pair has 0.996, the best other one
0.54. BSD400 turned, cropped by 8 % of each side, halved and saved at quality 40 has 0.87 at worst.
"""

LEAST_COVER = 0.4
"""Share of the smaller picture that must be in the other."""

_BLOCK = 256  # pairs in memory at once

G = TypeVar("G", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Twins:
    """Two pictures that show the same, by their numbers, the lower first.

    Attributes:
        first: Number of one.
        second: Number of the other.
        likeness: 1 for equal content, otherwise the correlation of the middle frequencies.
        equal: Whether size and samples are the same.
    """

    first: int
    second: int
    likeness: float
    equal: bool


def find(
    thumbnails: Sequence[Thumbnail],
    groups: Sequence[G],
    *,
    asked: Callable[[G, G], bool],
    progress: Progress,
) -> list[Twins]:
    """Find what shows the same, within groups and between them.

    Args:
        thumbnails: Of all pictures.
        groups: The group of each. Each picture's nearest ones are sought in every group by itself, so
            that many versions in one group hide none in another.
        asked: Whether two groups, or a group and itself, are to be compared.
        progress: Told once a pair of groups.

    Returns:
        Sorted by number. Of equal pictures each is paired with the first of them.
    """
    found = {(t.first, t.second): t for t in _equal(thumbnails, groups, asked)}
    members = _members(thumbnails, groups)
    pairs = [pair for pair in combinations_with_replacement(members, 2) if asked(*pair)]
    for number, (one, other) in enumerate(pairs, start=1):
        for twins in _alike(thumbnails, members[one], members[other]):
            known = found.setdefault((twins.first, twins.second), twins)
            if known.likeness < twins.likeness:
                found[twins.first, twins.second] = twins
        progress(number, len(pairs), "comparing")
    return [found[pair] for pair in sorted(found)]


def _members(thumbnails: Sequence[Thumbnail], groups: Sequence[G]) -> dict[G, dict[str, list[int]]]:
    """List each group's pictures by content."""
    members: dict[G, dict[str, list[int]]] = {group: {} for group in groups}
    for number, (thumbnail, group) in enumerate(zip(thumbnails, groups, strict=True)):
        members[group].setdefault(thumbnail.digest, []).append(number)
    return members


def _equal(
    thumbnails: Sequence[Thumbnail],
    groups: Sequence[G],
    asked: Callable[[G, G], bool],
) -> Iterator[Twins]:
    by_digest: dict[str, list[int]] = defaultdict(list)
    for number, thumbnail in enumerate(thumbnails):
        by_digest[thumbnail.digest].append(number)
    for first, *others in by_digest.values():
        for other in others:
            if asked(groups[first], groups[other]):
                yield Twins(first, other, 1.0, equal=True)


def _alike(
    thumbnails: Sequence[Thumbnail], one: dict[str, list[int]], other: dict[str, list[int]]
) -> Iterator[Twins]:
    """Compare two groups, each as queries to the other: which is the crop is not known."""
    itself = one is other
    for queries, references in [(one, other)] if itself else [(one, other), (other, one)]:
        here, there = ([numbers[0] for numbers in g.values()] for g in (queries, references))
        for query, reference, likeness in _look(thumbnails, here, there, itself=itself):
            mine, theirs = thumbnails[query].digest, thumbnails[reference].digest
            if mine != theirs:
                for pair in product(queries[mine], references[theirs]):
                    yield Twins(min(pair), max(pair), likeness, equal=False)


def _look(
    thumbnails: Sequence[Thumbnail], queries: list[int], references: list[int], *, itself: bool
) -> Iterator[tuple[int, int, float]]:
    """Search closely among pictures of which each is there once; yield number, number, likeness."""
    here = stack([thumbnails[number] for number in queries])
    there = here if itself else stack([thumbnails[number] for number in references])
    near = search(here, there, itself=itself)
    for first in range(0, len(near.query), _BLOCK):
        block = slice(first, first + _BLOCK)
        query, reference = near.query[block], near.reference[block]
        turns = zip(query, near.turn[block], strict=True)
        turned = np.stack([turn(here[number], way) for number, way in turns])
        found = align(turned, there[reference], near.window[block])
        for place in np.flatnonzero((found.score >= ALIKE) & (found.covers >= LEAST_COVER)):
            likeness = min(float(found.score[place]), 1.0)
            yield queries[query[place]], references[reference[place]], likeness
