"""Save as JPEG of one quality per sample, and read again.

It is JPEG itself, not an approximation: libjpeg on a CPU, elsewhere its integer arithmetic, equal bit
for bit (components/pictures/jpeg.py). Values are clipped and rounded to 8 bits on the way.

Source: Real-ESRGAN draws U[30, 95]; tests of artefact removal take 10, 20, 30, 40.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.jpeg import recompress


class Params(PartParams):
    """Parameters of the compression."""

    name: Literal["jpeg"] = "jpeg"
    quality: Range = Field(default=(30.0, 95.0), description="1 to 100, drawn and then rounded")
    halve_chroma: bool = Field(default=True, description="4:2:0, as encoders do; false: 4:4:4")


class Degradation(degradations.Degradation):
    """Draw a quality per sample and compress."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Compress (B, 3, H, W)."""
        quality = draws.uniform(*self.params.quality).round()
        given = recompress(image, quality, halve_chroma=self.params.halve_chroma)
        return Degraded(given, {"jpeg_quality": quality})
