"""Check a set of pictures, and that none of them is used for two purposes."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from components.artifacts import Progress, no_progress
from components.datasets.layout import Fault
from components.inspection import duplicates, thumbnails
from components.inspection.findings import Findings, Flaw, Repetition, Use
from components.inspection.thumbnails import Thumbnail
from components.inspection.workers import over_pictures
from components.pictures import images
from components.sources import SPLITS, Found, Source, Survey

_Kind: TypeAlias = Literal["leaks", "repeated", "alike"]


@dataclass(frozen=True, slots=True)
class PictureSet:
    """A folder, and the source that reads its layout."""

    folder: Path
    source: Source


@dataclass(frozen=True, slots=True)
class _Seen:
    """A ground truth that could be read; `owner` is the number of its set."""

    owner: int
    found: Found
    thumbnail: Thumbnail


def check(
    asked: PictureSet, against: Sequence[PictureSet] = (), *, progress: Progress = no_progress
) -> Findings:
    """Check a set; whatever is wrong with a file or a folder, the check goes on.

    Every file of the set is decoded, of other sets the ground truths. Ground truths alone are compared,
    each once, however many mates it has.

    Args:
        asked: The set.
        against: Others that it must not share a picture with, but in the same split.
        progress: Told once a file, then once a pair of splits.
    """
    surveys = [each.source.survey(each.folder) for each in (asked, *against)]
    seen, faults = _read(surveys, progress)
    mates = sorted({picture.lq for picture in surveys[0].found if picture.lq})
    proofs = over_pictures(images.describe, mates, progress=progress, note="reading mates")
    faults += [proof for proof in proofs if isinstance(proof, Fault)]
    faults += [*_miscounts(asked, surveys[0]), *_torn_scenes(asked, surveys[0])]
    kinds = _repetitions(seen, progress)
    counts = Counter(picture.split for picture in surveys[0].found)
    return Findings(
        folder=str(asked.folder),
        counts={split: counts[split] for split in SPLITS if split in counts},
        fits=tuple(e.note for e in asked.source.expected() or () if not e.misses(surveys[0])),
        num_read=len(seen) + len(mates),
        flaws=tuple(Flaw(path=str(path), rule=rule) for path, rule in _each_once(faults)),
        leaks=tuple(kinds["leaks"]),
        repeated=tuple(kinds["repeated"]),
        alike=tuple(kinds["alike"]),
    )


def _read(surveys: Sequence[Survey], progress: Progress) -> tuple[list[_Seen], list[Fault]]:
    """Reduce every ground truth, each once a set and split."""
    once = {(o, f.gt, f.split): f for o, survey in enumerate(surveys) for f in survey.found}
    files = [path for _, path, _ in once]
    faults = [fault for survey in surveys for fault in survey.faults]
    seen = []
    views = over_pictures(thumbnails.read, files, progress=progress, note="reading")
    for ((owner, _, _), found), view in zip(once.items(), views, strict=True):
        if isinstance(view, Fault):
            faults.append(view)
        else:
            seen.append(_Seen(owner, found, view))
    return seen, faults


def _miscounts(asked: PictureSet, survey: Survey) -> Iterator[Fault]:
    """Compare the counts with the known releases; they need fit one of them."""
    releases = asked.source.expected() or ()
    if not releases or not all(release.misses(survey) for release in releases):
        return
    for release in releases:
        missed = ", ".join(
            f"{found} in {split} instead of {release.counts[split]}"
            for split, found in release.misses(survey).items()
        )
        note = f" ({release.note})" if release.note else ""
        yield Fault(asked.folder, f"has {missed}{note}")


def _torn_scenes(asked: PictureSet, survey: Survey) -> Iterator[Fault]:
    """Name the scenes that are in two splits: whoever learns one has seen the test's."""
    splits: dict[str, set[str]] = defaultdict(set)
    for picture in survey.found:
        if picture.scene:
            splits[picture.scene].add(picture.split)
    for scene, several in splits.items():
        if len(several) > 1:
            rule = (
                f"scene {scene!r} is in {', '.join(sorted(several))}; it belongs to one split only"
            )
            yield Fault(asked.folder, rule)


def _each_once(faults: Sequence[Fault]) -> list[tuple[str, str]]:
    """Sort by path; what both a header and its decoder complained of is said once."""
    return sorted({(_printable(fault.path), fault.rule) for fault in faults})


def _printable(path: Path) -> str:
    """Escape bytes of a name that are no UTF-8: neither terminals nor JSON take them."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _repetitions(seen: Sequence[_Seen], progress: Progress) -> dict[_Kind, list[Repetition]]:
    """Compare the set with itself and with the others, but not these with one another."""
    kinds: dict[_Kind, list[Repetition]] = {kind: [] for kind in get_args(_Kind)}
    twins = duplicates.find(
        [each.thumbnail for each in seen],
        [(each.owner, each.found.split) for each in seen],
        asked=lambda one, other: 0 in (one[0], other[0]),
        progress=progress,
    )
    for pair in twins:
        first, second = seen[pair.first], seen[pair.second]
        kind = _kind(first, second, equal=pair.equal)
        if kind is not None:
            kinds[kind].append(
                Repetition(
                    first=_use(first), second=_use(second), likeness=pair.likeness, equal=pair.equal
                )
            )
    return kinds


def _kind(first: _Seen, second: _Seen, *, equal: bool) -> _Kind | None:
    """Say what a repetition is; None where frames of one scene are alike, as they must be."""
    if first.found.split != second.found.split:
        return "leaks"
    if first.owner != second.owner:
        return "alike"
    if equal and first.found.lq is second.found.lq is None:
        return "repeated"
    same_scene = first.found.scene and first.found.scene == second.found.scene
    return None if same_scene else "alike"


def _use(seen: _Seen) -> Use:
    return Use(path=str(seen.found.gt), split=seen.found.split)
