"""Add white Gaussian noise of one level per sample.

Source: KDSR (ICLR 2023) adds U[0, 25] on the small image in its anisotropic setting.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws, Per
from components.parts import PartParams, Range


class Params(PartParams):
    """Parameters of the Gaussian noise."""

    name: Literal["gaussian_noise"] = "gaussian_noise"
    level: Range = Field(default=(0.0, 25.0), description="standard deviation, of 255 grey levels")
    per: Per = Field(default="sample", description="batch: one level for all, as KDSR's own code")


class Degradation(degradations.Degradation):
    """Draw a level per sample and a field per image."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Add noise to (B, 3, H, W); not clipped, `quantise` does that."""
        level = draws.uniform(*self.params.level, per=self.params.per)
        if self.params.level[1] == 0:
            return Degraded(image, {"noise_level": level})
        noise = draws.normal(tuple(image.shape[1:])).to(image.dtype)
        return Degraded(image + noise * (level / 255).view(-1, 1, 1, 1), {"noise_level": level})
