"""Clip to [0, 1] and round to 8 bits, as saving a picture does."""

from typing import Literal

from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams


class Params(PartParams):
    """No parameters."""

    name: Literal["quantise"] = "quantise"


class Degradation(degradations.Degradation):
    """Round to the nearest of 256 levels."""

    def __init__(self, params: Params) -> None:
        del params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:  # noqa: ARG002 - the contract
        """Round (B, 3, H, W)."""
        return Degraded((image.clamp(0, 1) * 255).round() / 255)
