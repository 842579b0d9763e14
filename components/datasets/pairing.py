"""Pair files by their names: templates say where ground truth and degraded mates lie.

    clear/{id}            the ground truth 12.png
    hazy/{id}_{nth}       its mates 12_1_0.95.png, 12_2_0.88.png

A template (`components/datasets/templates.py`) is the path within the data folder without the suffix, so
that a JPEG may be the mate of a PNG. What a picture and its mate have in common are the fields that both
templates have; `nth` tells the mates of one picture apart, and pictures of one `scene` belong in one
split. Names are never paired by their place in a list.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from components.datasets.layout import Fault, sweep
from components.datasets.templates import fields_of, filled, match
from components.errors import PictureError
from components.pictures import images

S = TypeVar("S", bound=str)
_Key: TypeAlias = tuple[tuple[str, str], ...]  # field and value, sorted


@dataclass(frozen=True)  # with slots, no frozen class can be built through a generic alias
class Form(Generic[S]):
    """Where the pictures of one split lie; a split may have several forms.

    Attributes:
        split: Of all of them.
        gt: Template of the ground truth.
        lq: Template of the degraded mates; empty where the set has none.
        scale: Sides of the ground truth over sides of the mate, rounded down.
        any_case: Names are compared in lower case, for sets that are not strict about it.
    """

    split: S
    gt: str
    lq: str = ""
    scale: int = 1
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Pair(Generic[S]):
    """A picture, and its mate where the set has mates.

    Attributes:
        gt: Ground truth.
        lq: Mate, or None.
        split: That of the form.
        scene: Field `scene`; where a picture may have many mates, its path within the folder, without
            the suffix; otherwise empty.
        home: The scene, or else what the scene of a picture of its own would be called.
    """

    gt: Path
    lq: Path | None
    split: S
    scene: str
    home: str


@dataclass(frozen=True, slots=True)
class Pairing(Generic[S]):
    """What fits the forms, sorted by path, and what does not."""

    pairs: tuple[Pair[S], ...]
    faults: tuple[Fault, ...]


def pair(folder: Path, forms: Sequence[Form[S]], *, aside: Sequence[str] = ()) -> Pairing[S]:
    """Pair all pictures of a folder.

    Args:
        folder: The data folder.
        forms: A picture belongs to the first of whose templates one fits.
        aside: Templates of files that fit no form and belong to the set, but are not asked for.

    Returns:
        The pairs; and as faults all files that are no pictures, fit no template, claim the place of
        another, lack their mate, have a mate of another size, or have no readable header.
    """
    swept = sweep(folder)
    shelves = [_Shelf(folder, form) for form in forms]
    faults = [
        f for f in swept.faults if f.path.is_symlink() or not _is_aside(f.path, folder, aside)
    ]
    for path in swept.pictures:
        other = _shelve(path, folder, shelves)
        if other is None and not _is_aside(path, folder, aside):
            faults.append(Fault(path, f"fits no place of this layout: {_places(shelves)}"))
        elif other not in {None, path}:
            faults.append(Fault(path, f"pairs twice: {other} has its place"))
    pairs: list[Pair[S]] = []
    for shelf in shelves:
        for made, broken in shelf.pairs():
            pairs += made
            faults += broken
    if not (pairs or faults):
        faults.append(Fault(folder, f"holds no picture of this layout: {_places(shelves)}"))
    pairs.sort(key=attrgetter("gt", "lq"))
    return Pairing(tuple(pairs), tuple(sorted(faults, key=attrgetter("path"))))


def size_faults(gt: Path, mates: Iterable[Path], *, scale: int = 1) -> list[Fault]:
    """Compare the sizes that the headers of files name.

    Args:
        gt: Ground truth.
        mates: Its degraded mates.
        scale: Sides of the ground truth over sides of a mate, rounded down.
    """
    sizes = {path: _size(path) for path in (gt, *mates)}
    faults = [size for size in sizes.values() if isinstance(size, Fault)]
    whole = sizes[gt]
    if isinstance(whole, Fault):
        return faults
    wanted = (whole[0] // scale, whole[1] // scale)
    if not all(wanted):
        rule = f"is {_sides(whole)} pixels: at scale {scale} its mate would have none"
        return [*faults, Fault(gt, rule)]
    told = f"{gt} is {_sides(whole)}: at scale {scale} the mate must be {_sides(wanted)}"
    return faults + [
        Fault(mate, f"is {_sides(size)} pixels, {told}")
        for mate, size in sizes.items()
        if mate != gt and not isinstance(size, Fault) and size != wanted
    ]


def _size(path: Path) -> tuple[int, int] | Fault:
    """Read height and width from a file's header, or say why not."""
    if not path.stat().st_size:
        return Fault(path, "is empty, it has no byte")
    try:
        return images.size_of(path)
    except PictureError as error:
        return Fault(path, str(error).removeprefix(f"{path} "))


class _Shelf(Generic[S]):
    """The files that fit one form, by what ground truth and mates have in common."""

    def __init__(self, folder: Path, form: Form[S]) -> None:
        self.folder = folder
        self.form = form
        self.gt: dict[_Key, Path] = {}
        self.lq: dict[_Key, dict[str, Path]] = {}
        gt, lq = fields_of(form.gt), fields_of(form.lq)
        self.common = gt & lq if form.lq else gt
        self.has_many = "nth" in lq

    def take(self, path: Path, name: str) -> Path | None:
        """Shelve a file; return what is in its place then, None where it has no place here."""
        if self.form.any_case:
            name = name.lower()
        if fields := match(self.form.gt, name):
            return self.gt.setdefault(_part(fields, self.common), path)
        if self.form.lq and (fields := match(self.form.lq, name)):
            mates = self.lq.setdefault(_part(fields, self.common), {})
            return mates.setdefault(fields.get("nth", ""), path)
        return None

    def pairs(self) -> Iterator[tuple[list[Pair[S]], list[Fault]]]:
        """Yield the pairs of one key, and the faults of its files."""
        for key in sorted(self.gt.keys() | self.lq.keys()):
            gt, mates = self.gt.get(key), list(self.lq.get(key, {}).values())
            if gt is None:
                rule = f"has no ground truth {filled(self.form.gt, dict(key))}"
                yield [], [Fault(mate, rule) for mate in mates]
            elif not self.form.lq:
                yield [self._pair(gt, None, key)], []
            elif not mates:
                yield [], [Fault(gt, f"has no degraded mate {filled(self.form.lq, dict(key))}")]
            else:
                faults = size_faults(gt, mates, scale=self.form.scale)
                broken = {fault.path for fault in faults}
                sound = [mate for mate in mates if not broken & {gt, mate}]
                yield [self._pair(gt, mate, key) for mate in sound], faults

    def _pair(self, gt: Path, lq: Path | None, key: _Key) -> Pair[S]:
        home = dict(key).get("scene") or _name(gt, self.folder)
        shared = "scene" in self.common or self.has_many
        return Pair(gt, lq, self.form.split, home if shared else "", home)


def _shelve(path: Path, folder: Path, shelves: Sequence[_Shelf[S]]) -> Path | None:
    """Put a file where it belongs; return what is there then, None where it belongs nowhere."""
    name = _name(path, folder)
    places = (shelf.take(path, name) for shelf in shelves)
    return next((other for other in places if other), None)


def _is_aside(path: Path, folder: Path, templates: Sequence[str]) -> bool:
    name = _name(path, folder) if path != folder else ""
    return any(match(template, name) is not None for template in templates)


def _places(shelves: Sequence[_Shelf[S]]) -> str:
    """List the templates."""
    templates = [t for shelf in shelves for t in (shelf.form.gt, shelf.form.lq) if t]
    return ", ".join(dict.fromkeys(filled(template, {}) for template in templates))


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _part(fields: dict[str, str], names: AbstractSet[str]) -> _Key:
    return tuple(sorted((name, value) for name, value in fields.items() if name in names))


def _sides(size: tuple[int, int]) -> str:
    """Write a size as people say it, width first."""
    return f"{size[1]}x{size[0]}"
