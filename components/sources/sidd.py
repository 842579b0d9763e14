"""SIDD: photographs of telephones in little light beside the mean of many; pictures as sRGB.

    Data/0001_001_S6_00100_00060_3200_L/GT_SRGB_010.PNG      the same folder: NOISY_SRGB_010.PNG

All are for training: the pictures for validation and test are published as MATLAB arrays. The second number
of a folder's name is the scene; there are ten, and a scene is drawn into one split as a whole.
`SIDD_Small_sRGB_Only/` and its like, or `SIDD/`, may be around.

Source: Abdelhamed, Lin, Brown, A high-quality denoising dataset for smartphone cameras, CVPR 2018.
"""

from pathlib import Path
from typing import Literal

from components import sources
from components.sources import Credit, Expected, Form, UnsplitParams


class Params(UnsplitParams):
    """Nothing of its own."""

    name: Literal["sidd"] = "sidd"


class Source(sources.PatternSource[Params]):
    """Pairs `GT_SRGB_010` with `NOISY_SRGB_010` of the same folder."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the one form."""
        top = r"{around:|[^/]+/}Data/{instance:\d+}_{scene:\d+}_{shot}/"
        return (Form("train", f"{top}GT_SRGB_{{id}}", f"{top}NOISY_SRGB_{{id}}"),)

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs, one or two a folder."""
        return (
            Expected({"train": 160}, "small: one pair a folder"),
            Expected({"train": 320}, "medium: two pairs a folder"),
        )

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("SIDD", "Abdelhamed, Lin, Brown, CVPR 2018", "MIT"),)
