"""Set5, Set14, BSD100 and Urban100 as SelfExSR publishes them: both pictures of a pair in one folder.

    image_SRF_4/img_001_SRF_4_HR.png      ground truth, cropped to a multiple of the scale
    image_SRF_4/img_001_SRF_4_LR.png      bicubic, both sides a quarter

Pictures may also lie directly in the data folder; other scales and other methods' results, such as
`img_001_SRF_4_bicubic.png`, are passed over. In these files 11 to 15 % of the degraded pixels differ from
MATLAB's `imresize` of the ground truth, by up to 12 levels: let mates be made anew for numbers that are to
be compared with others.

Source: https://github.com/jbhuang0604/SelfExSR.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.parts import PartParams
from components.sources import Expected, Form

_COUNTS = {"Set5": 5, "Set14": 14, "BSD100": 100, "Urban100": 100}


class Params(PartParams):
    """Which set, at which scale."""

    name: Literal["selfexsr"] = "selfexsr"
    set: Literal["Set5", "Set14", "BSD100", "Urban100"]
    scale: int = Field(default=4, ge=2, description="the number behind SRF")


class Source(sources.PatternSource[Params]):
    """Pairs `_HR` with `_LR`; all for testing."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """Take the pairs of one scale."""
        scale = self.params.scale
        stems = [f"{top}{{id}}_SRF_{scale}_" for top in (f"image_SRF_{scale}/", "")]
        return tuple(Form("test", f"{stem}HR", f"{stem}LR", scale) for stem in stems)

    def aside(self) -> tuple[str, ...]:
        """Leave other scales and other methods' results."""
        return (
            r"image_SRF_{scale:\d}/{id}_SRF_{same:\d}_{method}",
            r"{id}_SRF_{scale:\d}_{method}",
        )

    def expected(self) -> tuple[Expected, ...]:
        """Count the pairs of the one release."""
        return (Expected({"test": _COUNTS[self.params.set]}, self.params.set),)
