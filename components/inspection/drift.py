"""How two versions of the data differ: which pictures, and what the pictures are like."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import stats

from components.artifacts import Progress, no_progress
from components.datasets.layout import Fault, sweep
from components.errors import DatasetError
from components.inspection.descriptors import COLUMNS, Descriptors, describe
from components.inspection.workers import over_pictures
from components.parts import Strict
from components.store import sha256_of

CHANCE = 0.01
"""A descriptor has drifted when its p-value times the number of descriptors is below this."""

NUM_BINS = 30

_TAILS = (0.5, 99.5)  # percentiles: what lies beyond is counted in the outermost bins
_LISTED = 10  # paths of a kind that people are shown

Values = NDArray[np.float64]


class Shift(Strict):
    """How one descriptor differs between two versions; None where a version has no value of it."""

    name: str = Field(description="as in `Descriptors`")
    counts: tuple[int, int] = Field(description="pictures that have it, before and after")
    medians: tuple[float, float] | None = None
    wasserstein: float | None = Field(
        default=None, description="mean distance by which values have to move, in their unit"
    )
    ks: float | None = Field(
        default=None, description="largest difference of the distribution functions, 0 to 1"
    )
    p_value: float | None = Field(
        default=None, description="of `ks`, two-sided; too large where the versions share pictures"
    )
    edges: tuple[float, ...] = Field(default=(), description="of the bins, rising")
    shares: tuple[tuple[float, ...], tuple[float, ...]] = Field(
        default=((), ()), description="share of the pictures in each bin, before and after"
    )

    @property
    def drifted(self) -> bool:
        """Whether so large a difference hardly comes by chance."""
        return self.p_value is not None and self.p_value * len(COLUMNS) < CHANCE

    def __str__(self) -> str:
        if self.medians is None or self.wasserstein is None:
            return f"{self.name}: {self.counts[0]} -> {self.counts[1]} pictures have it"
        return (
            f"{self.name}: median {self.medians[0]:.5g} -> {self.medians[1]:.5g}, "
            f"Wasserstein {self.wasserstein:.3g}, KS {self.ks:.3f} (p {self.p_value:.2g})"
            + (", drifted" if self.drifted else "")
        )


class Drift(Strict):
    """How two versions differ; paths are relative to their folders, and sorted."""

    names: tuple[str, str] = Field(description="of the versions, before and after")
    counts: tuple[int, int] = Field(description="pictures, before and after")
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...] = Field(description="same path, other bytes")
    moved: tuple[str, ...] = Field(description="same bytes, other path: `old -> new`")
    unreadable: tuple[str, ...] = Field(description="damaged ones, which have no descriptors")
    shifts: tuple[Shift, ...]

    @property
    def num_unchanged(self) -> int:
        """Pictures with the same path and bytes in both."""
        return self.counts[0] - len(self.removed) - len(self.changed) - len(self.moved)

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        yield f"{self.names[0]}: {self.counts[0]} pictures; {self.names[1]}: {self.counts[1]}"
        yield f"unchanged: {self.num_unchanged}"
        for kind in ("added", "removed", "changed", "moved", "unreadable"):
            paths = getattr(self, kind)
            if paths:
                more = f", and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
                yield f"{kind}: {len(paths)}: {', '.join(paths[:_LISTED])}{more}"
        yield from (str(shift) for shift in self.shifts)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the data: what people call it, and the folder that holds it."""

    name: str
    folder: Path


def compare(before: Version, after: Version, *, progress: Progress = no_progress) -> Drift:
    """Compare all pictures of two folders; files that are no pictures are passed over.

    Pictures of equal bytes are decoded once.

    Args:
        before: One version.
        after: The other.
        progress: Told once a file.

    Raises:
        DatasetError: one of the folders is missing or cannot be read.
    """
    old, new = (_digests(version.folder, progress) for version in (before, after))
    files = {digest: before.folder / path for path, digest in old.items()}
    files |= {digest: after.folder / path for path, digest in new.items()}
    known = _described(files, progress)
    moved = _moved(old, new)
    sources, targets = set(moved), set(moved.values())
    return Drift(
        names=(before.name, after.name),
        counts=(len(old), len(new)),
        added=tuple(path for path in new if path not in old and path not in targets),
        removed=tuple(path for path in old if path not in new and path not in sources),
        changed=tuple(path for path in new if path in old and old[path] != new[path]),
        moved=tuple(f"{path} -> {target}" for path, target in moved.items()),
        unreadable=tuple(sorted(str(file) for d, file in files.items() if d not in known)),
        shifts=tuple(
            shift_of(column, _values(column, old, known), _values(column, new, known))
            for column in COLUMNS
        ),
    )


def shift_of(name: str, before: Values, after: Values) -> Shift:
    """Compare one descriptor's values.

    Args:
        name: Of the descriptor.
        before: Values of one version, in any order; may be empty.
        after: Those of the other.
    """
    counts = (len(before), len(after))
    if not all(counts):
        return Shift(name=name, counts=counts)
    test = stats.ks_2samp(before, after, method="asymp")
    low, high = np.percentile(np.concatenate([before, after]), _TAILS)
    edges = np.linspace(low, high if high > low else low + 1, NUM_BINS + 1)
    shares = [
        np.histogram(np.clip(side, edges[0], edges[-1]), edges)[0] / len(side)
        for side in (before, after)
    ]
    return Shift(
        name=name,
        counts=counts,
        medians=(float(np.median(before)), float(np.median(after))),
        wasserstein=float(stats.wasserstein_distance(before, after)),
        ks=float(test.statistic),
        p_value=float(test.pvalue),
        edges=tuple(edges.tolist()),
        shares=(tuple(shares[0].tolist()), tuple(shares[1].tolist())),
    )


def _digests(folder: Path, progress: Progress) -> dict[str, str]:
    """Digest every picture's file: path within the folder -> sha256."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such data folder")
    files = sweep(folder).pictures
    try:
        digests = list(over_pictures(sha256_of, files, progress=progress, note="digesting"))
    except OSError as error:
        raise DatasetError(f"{error.filename}: cannot be read: {error.strerror}") from error
    names = [file.relative_to(folder).as_posix() for file in files]
    return {name: str(digest) for name, digest in zip(names, digests, strict=True)}


def _described(files: Mapping[str, Path], progress: Progress) -> dict[str, Descriptors]:
    """Describe each content once: sha256 -> descriptors, without those that are damaged."""
    described = over_pictures(describe, list(files.values()), progress=progress, note="describing")
    return {
        digest: found
        for digest, found in zip(files, described, strict=True)
        if not isinstance(found, Fault)
    }


def _moved(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Pair what left one path with what came to another with the same bytes, in order."""
    came: dict[str, list[str]] = defaultdict(list)
    for path in new.keys() - old.keys():
        came[new[path]].append(path)
    waiting = {digest: iter(sorted(paths)) for digest, paths in came.items()}
    gone = ((path, waiting.get(old[path])) for path in sorted(old.keys() - new.keys()))
    pairs = ((path, next(targets, None)) for path, targets in gone if targets is not None)
    return {path: target for path, target in pairs if target is not None}


def _values(column: str, listing: Mapping[str, str], known: Mapping[str, Descriptors]) -> Values:
    """Collect one descriptor of all pictures that have it."""
    found = [getattr(known[digest], column) for digest in listing.values() if digest in known]
    return np.array([value for value in found if value is not None], np.float64)
