"""DIV2K, Flickr2K and both together (DF2K), with or without the low-resolution mates that they bring.

    div2k       DIV2K_train_HR/0001.png      DIV2K_train_LR_bicubic/X4/0001x4.png      800 pictures
                DIV2K_valid_HR/0801.png      DIV2K_valid_LR_bicubic/X4/0801x4.png      100, for testing
                                             ..._LR_unknown/X4/0001x4.png, ..._LR_x8/0001x8.png,
                                             ..._LR_mild/0001x4m.png, ..._LR_difficult/0001x4d.png,
                                             ..._LR_wild/0001x4w1.png, four of each picture
    flickr2k    Flickr2K_HR/000001.png       Flickr2K_LR_bicubic/X4/000001x4.png       2650 pictures
    df2k        HR/0001.png                  LR_bicubic/X4/0001x4.png                  3450 pictures
                benchmark/Set5/HR/baby.png   benchmark/Set5/LR_bicubic/X4/babyx4.png   for testing

The 100 pictures for validation are what papers test on, because the ground truth of the test was never
published: they are the test here. Mates that are not asked for are passed over.

Source: DIV2K (NTIRE 2017), https://data.vision.ee.ethz.ch/cvl/DIV2K/; Flickr2K and the third form:
EDSR, https://github.com/sanghyun-son/EDSR-PyTorch.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from components import sources
from components.sources import Credit, Expected, Form, Split, UnsplitParams

# set -> split, what the names of its folders begin with
_TOPS: dict[str, tuple[tuple[Split, str], ...]] = {
    "div2k": (("train", "DIV2K_train_"), ("test", "DIV2K_valid_")),
    "flickr2k": (("train", "Flickr2K_"),),
    "df2k": (("train", ""), ("test", "benchmark/{set}/")),
}
_TRACKS = {
    "div2k": ("bicubic", "unknown", "x8", "mild", "difficult", "wild"),
    "flickr2k": ("bicubic", "unknown"),
    "df2k": ("bicubic",),
}
_SCALES = {"bicubic": (2, 3, 4), "unknown": (2, 3, 4), "x8": (8,)}  # of the others: 4
_LETTERS = {"mild": "m", "difficult": "d", "wild": "w{nth}"}  # behind the scale in names


class Params(UnsplitParams):
    """Which set, and which mates; the shares matter for training pictures."""

    name: Literal["div2k"] = "div2k"
    set: Literal["div2k", "flickr2k", "df2k"] = "div2k"
    mates: Literal["none", "bicubic", "unknown", "x8", "mild", "difficult", "wild"] = Field(
        default="none", description="none: degradations are drawn"
    )
    scale: int = Field(default=4, description="of the mates")

    @model_validator(mode="after")
    def _exist(self) -> Self:
        if self.mates == "none":
            return self
        if self.mates not in _TRACKS[self.set]:
            raise PydanticCustomError(
                "mates",
                "{set} has no mates {mates}; it has none, {known}",
                {"set": self.set, "mates": self.mates, "known": ", ".join(_TRACKS[self.set])},
            )
        scales = _SCALES.get(self.mates, (4,))
        if self.scale not in scales:
            raise PydanticCustomError(
                "scale",
                "the mates {mates} have scale {known}",
                {"mates": self.mates, "known": " or ".join(map(str, scales))},
            )
        return self


class Source(sources.PatternSource[Params]):
    """Reads the three forms."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """Pair `0001` with `0001x4` and what follows the scale."""
        return tuple(
            Form(split, f"{top}HR/{{id}}", self._mates(top), self.params.scale)
            for split, top in _TOPS[self.params.set]
        )

    def aside(self) -> tuple[str, ...]:
        """Leave the mates that are not asked for."""
        return tuple(f"{top}LR_{{any:.+}}" for _, top in _TOPS[self.params.set])

    def expected(self) -> tuple[Expected, ...]:
        """Count pictures; the wild track has four mates of each training picture."""
        mates = 4 if self.params.mates == "wild" else 1
        counts: dict[str, Expected] = {
            "div2k": Expected({"train": 800 * mates, "test": 100 * mates}, "DIV2K 2017/2018"),
            "flickr2k": Expected({"train": 2650}, "Flickr2K"),
            "df2k": Expected({"train": 3450}, "800 of DIV2K and 2650 of Flickr2K"),
        }
        return (counts[self.params.set],)

    def credits(self) -> tuple[Credit, ...]:
        """Say on what terms the pictures may be used; copies with other terms are mistaken."""
        div2k = Credit("DIV2K", "Agustsson and Timofte, NTIRE 2017", "academic research only")
        flickr2k = Credit("Flickr2K", "photographers of Flickr; Lim et al., 2017", "none stated")
        return {"div2k": (div2k,), "flickr2k": (flickr2k,), "df2k": (div2k, flickr2k)}[
            self.params.set
        ]

    def _mates(self, top: str) -> str:
        p = self.params
        if p.mates == "none":
            return ""
        within = f"X{p.scale}/" if p.mates in {"bicubic", "unknown"} else ""
        return f"{top}LR_{p.mates}/{within}{{id}}x{p.scale}{_LETTERS.get(p.mates, '')}"
