"""Veil the distance: I = J t + A (1 - t), t = exp(-density depth).

The depth of a picture is not known, so one is drawn: a ramp from the near bottom to the far top, with
hills of plasma (noise summed over octaves), led along the picture's edges by a guided filter, and spread
over [0, far]. The mask is 1 - t: with the air's light A among what was drawn, the haze is known exactly.

Source: B. Li et al., RESIDE (TIP 2019), https://arxiv.org/abs/1712.04143, section 3, for the model and the
indoor set's ranges; K. He et al., Guided image filtering, ECCV 2010. The drawn depth: ours.
"""

from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.colour import grey
from components.pictures.filters import smooth

_OCTAVES = 6
_EVEN = 1e-3  # variance of luminance under which the guided filter smooths


class Params(PartParams):
    """Parameters of the haze."""

    name: Literal["haze"] = "haze"
    density: Range = Field(default=(0.6, 1.8), description="beta, a unit of depth")
    airlight: Range = Field(default=(0.7, 1.0), description="A, light of the air, of 1")
    far: float = Field(
        default=1.5, gt=0, description="depth of the farthest place; the nearest is 0"
    )
    hills: Range = Field(default=(0.2, 0.8), description="share of plasma in the depth")
    guide_radius: int = Field(default=8, ge=1, description="of the guided filter, pixels")


class Degradation(degradations.Degradation):
    """Draw depth, density and light per sample."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Veil (B, 3, H, W); the result stays in [0, 1] where the image does."""
        p, one = self.params, (-1, 1, 1, 1)
        density, airlight = draws.uniform(*p.density), draws.uniform(*p.airlight)
        depth = p.far * self._depth(image, draws)
        veil = 1 - torch.exp(-density.view(one) * depth).to(image.dtype)
        hazy = image + (airlight.view(one).to(image.dtype) - image) * veil
        return Degraded(hazy, {"haze_density": density, "haze_airlight": airlight}, veil)

    def _depth(self, image: Tensor, draws: Draws) -> Tensor:
        """Draw a depth for every pixel; (B, 1, H, W) from 0 to 1."""
        height, width = image.shape[-2:]
        share = draws.uniform(*self.params.hills).view(-1, 1, 1, 1)
        ramp = torch.linspace(1, 0, height, device=image.device).view(1, 1, -1, 1)
        drawn = (1 - share) * ramp + share * _plasma(height, width, draws)
        return _unit(_guided(drawn, grey(image).float(), self.params.guide_radius))


def _plasma(height: int, width: int, draws: Draws) -> Tensor:
    """Sum noise of ever finer grids and half the weight; (B, 1, H, W) from 0 to 1."""
    total = torch.zeros(len(draws.seeds), 1, height, width, device=draws.seeds.device)
    for octave in range(_OCTAVES):
        side = 2**octave + 1
        grid = draws.uniform(0, 1, (1, side, side)) * 2.0**-octave
        total += F.interpolate(grid, (height, width), mode="bilinear", align_corners=True)
    return _unit(total)


def _guided(x: Tensor, guide: Tensor, radius: int) -> Tensor:
    """Smooth x where the guide is smooth, and give it the guide's edges; windows are Gaussian."""
    mean_of = partial(smooth, width=radius / 2, reach=radius)
    mean, mean_x = mean_of(guide), mean_of(x)
    covariance = mean_of(guide * x) - mean * mean_x
    slope = covariance / (mean_of(guide.square()) - mean.square() + _EVEN)
    return mean_of(slope) * guide + mean_of(mean_x - slope * mean)


def _unit(x: Tensor) -> Tensor:
    """Stretch every sample to [0, 1]; a flat one becomes 0."""
    low, high = x.amin(dim=(1, 2, 3), keepdim=True), x.amax(dim=(1, 2, 3), keepdim=True)
    return (x - low) / (high - low).clamp(min=1e-6)
