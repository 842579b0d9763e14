"""RESIDE, hazy pictures beside clear ones: ITS, OTS, SOTS, and the form that DehazeFormer repacked.

    its             clear/1.png          hazy/1_1_0.90179.png      1399 clear, 10 hazy of each
    ots             clear/0005.jpg       hazy/0005_0.8_0.04.jpg    2061 clear, 35 hazy of each; also as
                    original/0005.jpg    synthetic/part1/0005_0.8_0.04.jpg
    sots_indoor     clear/1400.png       hazy/1400_1.png           50 clear, 10 hazy of each, for testing
    sots_outdoor    clear/0001.png       hazy/0001_0.8_0.2.jpg     492 clear, 500 hazy, for testing
    indoor          ITS/ as its, SOTS/indoor/ as sots_indoor
    outdoor         OTS/ as ots, SOTS/outdoor/ as sots_outdoor
    dehazeformer    train/GT/a.png       train/hazy/a.png          the same name; test/ likewise

The number before the first `_` says of which picture a hazy one is. `gt/` may stand for `clear/`, and
`its` may lie in `train/`. The clear pictures of SOTS indoor have a frame of 10 pixels that the hazy ones
lack: `unpack` writes the set without it, as every paper crops it.

Source: Li et al., Benchmarking single-image dehazing and beyond, TIP 2019,
https://sites.google.com/view/reside-dehaze-datasets; names as the loaders of FFA-Net, DEA-Net and AirNet
expect them.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.datasets.layout import Fault, sweep
from components.datasets.unpacking import keep, new_folder
from components.errors import PictureError
from components.pictures import images
from components.pictures.images import Picture
from components.sources import Credit, Expected, Form, SetParams, Survey

_FRAME = 10  # pixels
_CLEAR = ("clear", "gt")
_INDOOR = {"sots_indoor": "", "indoor": "SOTS/indoor/"}  # set -> where its SOTS indoor lies
_EXPECTED = {
    "its": Expected({"train": 13_990}, "ITS, 1399 clear pictures"),
    "ots": Expected({"train": 72_135}, "OTS, 2061 clear pictures"),
    "sots_indoor": Expected({"test": 500}, "SOTS indoor, 50 clear pictures"),
    "sots_outdoor": Expected({"test": 500}, "SOTS outdoor, 492 clear pictures"),
    "indoor": Expected({"train": 13_990, "test": 500}, "ITS and SOTS indoor"),
    "outdoor": Expected({"train": 72_135, "test": 500}, "OTS and SOTS outdoor"),
}


class Params(SetParams):
    """Which part of RESIDE."""

    name: Literal["reside"] = "reside"
    set: Literal["its", "ots", "sots_indoor", "sots_outdoor", "indoor", "outdoor", "dehazeformer"]


class Source(sources.PatternSource[Params]):
    """Pairs every hazy picture with the clear one whose number it begins with."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the forms of a set; `id` is the number before the first `_`."""
        return {
            "its": (_its(""),),
            "ots": _ots(""),
            "sots_indoor": (_sots(""),),
            "sots_outdoor": (_sots(""),),
            "indoor": (_its("ITS/"), _sots("SOTS/indoor/")),
            "outdoor": (*_ots("OTS/"), _sots("SOTS/outdoor/")),
            "dehazeformer": (
                Form("train", "train/GT/{id}", "train/hazy/{id}"),
                Form("test", "test/GT/{id}", "test/hazy/{id}"),
            ),
        }[self.params.set]

    def survey(self, folder: Path) -> Survey:
        """List every pair; clear pictures that still have their frame are one fault together."""
        if self._is_framed(folder):
            rule = (
                f"the clear pictures of SOTS indoor have a frame of {_FRAME} pixels that the hazy"
                " ones lack; write the set without it: restill data unpack"
            )
            return Survey((), (Fault(folder, rule),))
        return super().survey(folder)

    def unpack(self, folder: Path, target: Path) -> int:
        """Write the set without the frames of its clear pictures; all else by hard links.

        Raises:
            DatasetError: there are no frames, the set has other faults, or the target exists.
            PictureError: a clear picture cannot be read.
        """
        if not self._is_framed(folder):
            return super().unpack(folder, target)
        with new_folder(target) as built:
            for file in sweep(folder).pictures:
                place = built / file.relative_to(folder)
                if place.parent in self._clear(built):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    images.write(place.with_suffix(".png"), _without_frame(images.read(file)))
                else:
                    keep(file, place)
            return len(self.find(built))

    def expected(self) -> tuple[Expected, ...] | None:
        """Count pairs, a hazy picture each."""
        known = _EXPECTED.get(self.params.set)
        return (known,) if known else None

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("RESIDE", "Li, Ren, Fu, Tao, Feng, Zeng, Wang, TIP 2019", "research"),)

    def _clear(self, folder: Path) -> list[Path]:
        """Name the folders in which clear pictures of SOTS indoor lie, if the set has any."""
        top = _INDOOR.get(self.params.set)
        return [] if top is None else [folder / f"{top}{name}" for name in _CLEAR]

    def _is_framed(self, folder: Path) -> bool:
        """Compare the first clear picture that has a hazy mate with it."""
        for place in self._clear(folder):
            for clear in sorted(place.glob("*.*")):
                for hazy in sorted((place.parent / "hazy").glob(f"{clear.stem}_*")):
                    return _differ_by_frame(clear, hazy)
        return False


def _its(top: str) -> Form:
    top += "{top:|train/}"
    return Form("train", f"{top}{{clear:clear|gt}}/{{id}}", f"{top}hazy/{{id}}_{{nth}}")


def _ots(top: str) -> tuple[Form, ...]:
    repacked = Form("train", f"{top}original/{{id}}", f"{top}synthetic/{{part}}/{{id}}_{{nth}}")
    return (_its(top), repacked)


def _sots(top: str) -> Form:
    return Form("test", f"{top}{{clear:clear|gt}}/{{id}}", f"{top}hazy/{{id}}_{{nth}}")


def _differ_by_frame(clear: Path, hazy: Path) -> bool:
    try:
        height, width = images.size_of(clear)
        return images.size_of(hazy) == (height - 2 * _FRAME, width - 2 * _FRAME)
    except PictureError:
        return False  # the survey names it


def _without_frame(picture: Picture) -> Picture:
    return Picture(picture.pixels[:, _FRAME:-_FRAME, _FRAME:-_FRAME], picture.bits)
