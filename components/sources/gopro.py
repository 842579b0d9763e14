"""GoPro: sharp frames of films, and the mean of the frames around each as its blurred mate.

    train/GOPR0372_07_00/sharp/000047.png       train/GOPR0372_07_00/blur/000047.png, or blur_gamma/
    train/target/GOPR0372_07_00-000047.png      train/input/GOPR0372_07_00-000047.png
    test/                                       likewise; `GOPRO_Large/` or `GoPro/` may be around or within

The frames of a sequence show the same things: a sequence is drawn into validation as a whole. Of the
published form, `blur/` (averaged as the screen shows it) and `blur_gamma/` (averaged in linear light) are two
sets; papers take `blur_gamma` or `blur`, seldom saying which, and repacked forms hold one of them.

Source: Nah, Kim, Lee, Deep multi-scale convolutional neural network for dynamic scene deblurring, CVPR 2017,
https://seungjunnah.github.io/Datasets/gopro; the second form as MPRNet, Restormer and NAFNet read it.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.sources import Credit, Expected, Form, SetParams

_AROUND = "{around:|GOPRO_Large/}"


class Params(SetParams):
    """Which blur; of the second form there is one."""

    name: Literal["gopro"] = "gopro"
    blur: Literal["blur", "blur_gamma"] = Field(
        default="blur", description="folder of the published form"
    )


class Source(sources.PatternSource[Params]):
    """Pairs frames of one sequence and number."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List the published and the repacked form."""
        original, within = f"{_AROUND}{{split}}/{{scene}}/", "{split}/{within:|GoPro/}"
        templates = (
            (f"{original}sharp/{{id}}", f"{original}{self.params.blur}/{{id}}"),
            (f"{within}target/{{scene}}-{{id}}", f"{within}input/{{scene}}-{{id}}"),
        )
        return tuple(
            Form(split, gt.replace("{split}", split), lq.replace("{split}", split))
            for split in ("train", "test")
            for gt, lq in templates
        )

    def aside(self) -> tuple[str, ...]:
        """Leave the other blur."""
        return (f"{_AROUND}{{split}}/{{scene}}/{{blur:blur|blur_gamma}}/{{id}}",)

    def expected(self) -> tuple[Expected, ...]:
        """Count pairs: 22 sequences for training, 11 for testing."""
        return (Expected({"train": 2103, "test": 1111}, "GOPRO_Large"),)

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("GoPro", "Nah, Kim, Lee, CVPR 2017", "CC BY 4.0"),)
