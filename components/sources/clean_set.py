"""A published set of clean pictures in one flat folder: BSD400, WED, B100, Urban100, Manga109...

    *.png, *.jpg, *.bmp      all in one folder, which is the data folder

BSD400, WED and DFWB are for training, the others for testing. A folder of one's own is read by `folder`,
pictures beside degraded mates by `paired_sr`, `selfexsr` and `div2k`.

B100, CBSD68 and BSD68 are pictures of one collection, and so are BSD400 and the rain of Rain100: whoever
trains on one and tests on another should let `restill data check --against` compare them.

Source: counts from the sets' papers, and from the lists that AirNet and Restormer train on (DFWB: DIV2K,
Flickr2K, WED and BSD400 together).
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.sources import Credit, Expected, Form, Split, UnsplitParams

Set = Literal[
    "BSD400", "WED", "DFWB", "Set5", "Set12", "Set14", "B100", "Urban100", "Manga109", "BSD68",
    "CBSD68", "Kodak", "McMaster",
]  # fmt: skip

# set -> split, number of pictures
_SETS: dict[Set, tuple[Split, int]] = {
    "BSD400": ("train", 400),
    "WED": ("train", 4744),
    "DFWB": ("train", 8594),
    "Set5": ("test", 5),
    "Set12": ("test", 12),
    "Set14": ("test", 14),
    "B100": ("test", 100),
    "Urban100": ("test", 100),
    "Manga109": ("test", 109),
    "BSD68": ("test", 68),
    "CBSD68": ("test", 68),
    "Kodak": ("test", 24),
    "McMaster": ("test", 18),
}
_BERKELEY = Credit(
    "Berkeley segmentation data set",
    "Martin, Fowlkes, Tal, Malik, A database of human segmented natural images, ICCV 2001",
    "non-commercial research and education",
)
_CREDITS: dict[Set, Credit] = {
    "BSD400": _BERKELEY,
    "BSD68": _BERKELEY,
    "CBSD68": _BERKELEY,
    "B100": _BERKELEY,
    "WED": Credit("Waterloo Exploration Database", "Ma et al., TIP 2017", "research"),
    "Urban100": Credit(
        "Urban100", "Huang, Singh, Ahuja, CVPR 2015", "pictures of Flickr under Creative Commons"
    ),
    "Manga109": Credit(
        "Manga109", "Matsui et al., 2017; the authors of the titles", "academic, on application"
    ),
}


class Params(UnsplitParams):
    """Which set; the shares matter for those that are for training."""

    name: Literal["clean_set"] = "clean_set"
    set: Set


class Source(sources.PatternSource[Params]):
    """Reads every picture of one folder."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """Take every picture; none in a folder below, which would be another set."""
        return (Form(_SETS[self.params.set][0], "{id}"),)

    def expected(self) -> tuple[Expected, ...]:
        """Count the pictures of the one release."""
        split, count = _SETS[self.params.set]
        return (Expected({split: count}, self.params.set),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose pictures these are, where it is known."""
        credit = _CREDITS.get(self.params.set)
        return (credit,) if credit else ()
