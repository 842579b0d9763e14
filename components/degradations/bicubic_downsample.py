"""Shrink as MATLAB's imresize does: bicubic, antialiased.

KDSR's own code clamps at the borders where MATLAB mirrors; we mirror, inside the picture both agree.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.errors import PictureError
from components.parts import PartParams
from components.pictures.resize import resize


class Params(PartParams):
    """Parameters of the bicubic downsampling."""

    name: Literal["bicubic_downsample"] = "bicubic_downsample"
    scale: int = Field(default=4, ge=1, description="how many times smaller")


class Degradation(degradations.Degradation):
    """Shrink both sides by the scale."""

    def __init__(self, params: Params) -> None:
        self.scale = params.scale

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:  # noqa: ARG002 - the contract
        """Shrink (B, 3, H, W) to (B, 3, H / scale, W / scale); values may leave [0, 1] a little.

        Raises:
            PictureError: a side is no multiple of the scale.
        """
        height, width = image.shape[-2:]
        if height % self.scale or width % self.scale:
            raise PictureError(f"sides must be multiples of {self.scale}, got {height}x{width}")
        return Degraded(resize(image, height // self.scale, width // self.scale))
