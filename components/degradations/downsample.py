"""Shrink as simple code does: area, bilinear, bicubic or nearest, without antialiasing.

Bicubic here is the kernel with a = -3/4, not widened: as OpenCV's and PyTorch's default, which real
pipelines use. `bicubic_downsample` is MATLAB's.
"""

from typing import Literal

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.errors import PictureError
from components.parts import PartParams

_TORCH = {
    "area": "area",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    "nearest": "nearest-exact",
}


class Params(PartParams):
    """Parameters of the downsampling."""

    name: Literal["downsample"] = "downsample"
    scale: int = Field(default=4, ge=1, description="how many times smaller")
    mode: Literal["area", "bilinear", "bicubic", "nearest"] = "area"


class Degradation(degradations.Degradation):
    """Shrink both sides by the scale."""

    def __init__(self, params: Params) -> None:
        self.scale = params.scale
        self.mode = _TORCH[params.mode]

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:  # noqa: ARG002 - the contract
        """Shrink (B, 3, H, W); bicubic values may leave [0, 1] a little.

        Raises:
            PictureError: a side is no multiple of the scale.
        """
        height, width = image.shape[-2:]
        if height % self.scale or width % self.scale:
            raise PictureError(f"sides must be multiples of {self.scale}, got {height}x{width}")
        small = (height // self.scale, width // self.scale)
        return Degraded(F.interpolate(image, small, mode=self.mode))
