"""Bicubic enlarging: no network at all, the row every super-resolution table starts with.

Source: MATLAB's imresize; see components/pictures/resize.py.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import models
from components.parts import PartParams
from components.pictures.resize import resize


class Params(PartParams):
    """Parameters of bicubic enlarging."""

    name: Literal["bicubic"] = "bicubic"
    scale: int = Field(default=4, ge=1, description="how many times larger")


PRESETS = {"x2": Params(scale=2), "x3": Params(scale=3), "x4": Params(scale=4)}


class Model(models.RestorationModel):
    """Enlarge both sides by the scale; there is nothing to train."""

    halo = 2  # pixels that the cubic kernel reaches

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.scale = params.scale

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Enlarge (B, 3, h, w) to (B, 3, h * scale, w * scale)."""
        return resize(lq, lq.shape[-2] * self.scale, lq.shape[-1] * self.scale)
