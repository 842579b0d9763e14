"""DRealSR: the same scene at two focal lengths of five cameras; patches for training, pictures for testing.

    Train_x4/train_HR/P1110044_x1.png      Train_x4/train_LR/P1110044_x4.png
    Test_x4/test_HR/P1110044_x1.png        Test_x4/test_LR/P1110044_x4.png

The part of the name before `_x1` and `_x4` makes a pair; names without it must be equal. Other scales are
passed over.

Source: Wei et al., Component divide-and-conquer for real-world image super-resolution, ECCV 2020,
https://github.com/xiezw5/Component-Divide-and-Conquer-for-Real-World-Image-Super-Resolution.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from components import sources
from components.sources import Credit, Expected, Form, SetParams, Split


class Params(SetParams):
    """Which scale."""

    name: Literal["drealsr"] = "drealsr"
    scale: Literal[2, 3, 4] = Field(default=4, description="of the degraded pictures")


class Source(sources.PatternSource[Params]):
    """Pairs `_x1` with `_x<scale>`."""

    def forms(self, folder: Path) -> tuple[Form, ...]:  # noqa: ARG002 - the contract
        """List training and test."""
        scale = self.params.scale
        places: tuple[tuple[Split, str], ...] = (
            ("train", f"Train_x{scale}/train"),
            ("test", f"Test_x{scale}/test"),
        )
        return tuple(
            Form(split, f"{top}_HR/{{id}}{{hr:_x1|}}", f"{top}_LR/{{id}}{{lr:_x{scale}|}}", scale)
            for split, top in places
        )

    def aside(self) -> tuple[str, ...]:
        """Leave the other scales."""
        return (r"{split:Train|Test}_x{scale:[234]}/{any:.+}",)

    def expected(self) -> tuple[Expected, ...] | None:
        """Count pairs at scale 4; of the others no page says it."""
        note = "scale 4: 31970 patches for training"
        return (Expected({"train": 31_970, "test": 93}, note),) if self.params.scale == 4 else None

    def credits(self) -> tuple[Credit, ...]:
        """Say whose set it is."""
        return (Credit("DRealSR", "Wei et al., ECCV 2020", "none stated"),)
