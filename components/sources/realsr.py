"""RealSR: the same scene through a long and a short lens of a Canon and a Nikon, aligned.

    Canon/Train/4/Canon_001_HR.png      Canon/Train/4/Canon_001_LR4.png      Nikon/ and Test/ likewise

`RealSR(V3)/` may be around. In versions 1 and 2 the degraded picture was enlarged to the size of the ground truth;
in version 3 it has its own size, the scale's part. Other scales are passed over.

Source: Cai et al., Toward real-world single image super-resolution, ICCV 2019,
https://github.com/csjcai/RealSR.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.sources import Credit, Expected, Form, SetParams, Split

_TOP = r"{around:|RealSR\(V\d\)/}{camera:Canon|Nikon}/"


class Params(SetParams):
    """Which scale of which version."""

    name: Literal["realsr"] = "realsr"
    scale: Literal[2, 3, 4] = Field(default=4, description="of the lenses")
    version: Literal[1, 2, 3] = Field(default=3, description="1, 2: both pictures of one size")


class Source(sources.PatternSource[Params]):
    """Pairs `_HR` with `_LR<scale>`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List training and test of both cameras."""
        scale = self.params.scale
        ratio = scale if self.params.version == 3 else 1
        tops: tuple[tuple[Split, str], ...] = (
            ("train", f"{_TOP}Train/{scale}/"),
            ("test", f"{_TOP}Test/{scale}/"),
        )
        return tuple(
            Form(split, f"{top}{{id}}_HR", f"{top}{{id}}_LR{scale}", ratio) for split, top in tops
        )

    def aside(self) -> tuple[str, ...]:
        """Leave the other scales."""
        return (rf"{_TOP}{{split:Train|Test}}/{{scale:[234]}}/{{id}}_{{half:HR|LR[234]}}",)

    def expected(self) -> tuple[Expected, ...]:
        """Count the test of one scale; of training, pages count scenes over all scales."""
        if self.params.version == 1:
            return (Expected({"test": 30}, "version 1; 204 scenes for training over all scales"),)
        return (Expected({"test": 100}, "versions 2, 3; 459 scenes for training over all scales"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("RealSR", "Cai, Zeng, Yong, Cao, Zhang, ICCV 2019", "none stated"),)
