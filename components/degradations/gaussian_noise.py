"""Add white Gaussian noise of one level per sample, in colours or in grey.

Source: KDSR (ICLR 2023) adds U[0, 25] on the small image in its anisotropic setting. Real-ESRGAN's
code draws one grey field for a whole batch; here every sample has its own.
"""

from typing import Literal

import torch
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
    grey_share: float = Field(
        default=0.0, ge=0, le=1, description="samples whose three channels get the same noise"
    )
    per: Per = Field(default="sample", description="batch: one level for all, as KDSR's own code")


class Degradation(degradations.Degradation):
    """Draw a level per sample and a field per image."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Add noise to (B, 3, H, W); not clipped, `quantise` does that."""
        p = self.params
        level = draws.uniform(*p.level, per=p.per)
        drawn = {"noise_level": level}
        if p.level[1] == 0:
            return Degraded(image, drawn)
        if not p.grey_share:
            noise = draws.normal(tuple(image.shape[1:]))
        else:
            grey = drawn["noise_is_grey"] = draws.uniform(0, 1, per=p.per) < p.grey_share
            noise = _mixed(draws, grey, image.shape)
        return Degraded(image + noise.to(image.dtype) * (level / 255).view(-1, 1, 1, 1), drawn)


def _mixed(draws: Draws, grey: Tensor, shape: torch.Size) -> Tensor:
    """Draw one field for each grey sample, three for the others; (B, 3, H, W)."""
    own = draws.branch()
    noise = torch.empty(shape, device=grey.device)
    noise[grey] = Draws(own.seeds[grey]).noise((1, *shape[2:])).expand(-1, shape[1], -1, -1)
    noise[~grey] = Draws(own.seeds[~grey]).noise(tuple(shape[1:]))
    return noise
