"""Put drops of water on the lens: I = (1 - M) B + M R.

A drop is a cap of a sphere; it shows the scene behind it upside down and smaller, out of focus, darker
or brighter, with a glint at the upper left. Drops that touch become one. M is 1 within a drop and falls
off smoothly at its rim; it is the mask.

Source: R. Qian et al., Attentive generative adversarial network for raindrop removal (CVPR 2018),
https://arxiv.org/abs/1711.10098, equation 1, for the model; the drops are ours.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.filters import convolve

_RIM = 0.35  # share of a drop's radius over which M rises
_GLINT = (-0.4, -0.35)  # its place, y and x in radii
_GLINT_WIDTH = 0.12  # in radii


class Params(PartParams):
    """Parameters of the drops."""

    name: Literal["raindrops"] = "raindrops"
    count: Range = Field(default=(10.0, 40.0), description="drops a picture")
    radius: Range = Field(default=(4.0, 20.0), description="pixels")
    view: Range = Field(default=(1.0, 4.0), description="how many times smaller the scene is shown")
    blur: Range = Field(default=(3.0, 8.0), description="standard deviation, pixels")
    brightness: Range = Field(default=(0.8, 1.1), description="of the scene within a drop")
    glint: Range = Field(default=(0.0, 0.5), description="light of the glint")


class Degradation(degradations.Degradation):
    """Draw drops per sample and look through them."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Put drops on (B, 3, H, W); the result stays in [0, 1] where the image does."""
        p, one = self.params, (-1, 1, 1, 1)
        names = ("view", "blur", "brightness", "glint")
        drawn = {name: draws.uniform(*getattr(p, name)) for name in names}
        count = draws.uniform(*p.count).round()
        water = self._draw_drops(image, count, draws)
        soft = _blurred(image, drawn["blur"], reach=math.ceil(3 * p.blur[1]))
        seen = _look(soft, water, drawn["view"]) * drawn["brightness"].view(one)
        seen = (seen + drawn["glint"].view(one) * water.glint()).clamp(0, 1).to(image.dtype)
        mask = water.mask().to(image.dtype)
        named = {f"drop_{name}": values for name, values in drawn.items()} | {"drop_count": count}
        return Degraded(image + (seen - image) * mask, named, mask)

    def _draw_drops(self, image: Tensor, count: Tensor, draws: Draws) -> "_Water":
        """Unite all drops of each sample: where they overlap, the higher one counts."""
        p, most = self.params, round(self.params.count[1])
        height, width = image.shape[-2:]
        centre = draws.uniform(0, 1, (most, 2)) * draws.seeds.new_tensor([height, width])
        radius = draws.uniform(*p.radius, (most,))
        y = torch.arange(height, device=image.device).view(1, -1, 1) + 0.5
        x = torch.arange(width, device=image.device).view(1, 1, -1) + 0.5
        water = _Water.none(len(image), height, width, device=image.device)
        for n in range(most):
            dy, dx = y - centre[:, n, 0].view(-1, 1, 1), x - centre[:, n, 1].view(-1, 1, 1)
            water.add(dy, dx, torch.where(n < count, radius[:, n], 0.0).view(-1, 1, 1))
        return water


@dataclass(slots=True)
class _Water:
    """The highest drop at every pixel, (B, H, W) each.

    Attributes:
        height: Of the water, in pixels; 0 where there is none.
        dy: Offset from the drop's centre, pixels.
        dx: The same across.
        radius: Of the drop, pixels.
    """

    height: Tensor
    dy: Tensor
    dx: Tensor
    radius: Tensor

    @classmethod
    def none(cls, count: int, height: int, width: int, *, device: torch.device) -> "_Water":
        """Begin with a dry lens."""
        zero = torch.zeros(count, height, width, device=device)
        return cls(zero, zero, zero, zero + 1)

    def add(self, dy: Tensor, dx: Tensor, radius: Tensor) -> None:
        """Add a drop to every sample; of radius 0, none."""
        height = (radius.square() - dy.square() - dx.square()).clamp(min=0).sqrt()
        higher = height > self.height
        self.height = torch.where(higher, height, self.height)
        self.dy = torch.where(higher, dy, self.dy)
        self.dx = torch.where(higher, dx, self.dx)
        self.radius = torch.where(higher, radius, self.radius)

    def mask(self) -> Tensor:
        """Give M, (B, 1, H, W) in [0, 1]."""
        rise = (self.height / (_RIM * self.radius)).clamp(max=1)
        return (rise.square() * (3 - 2 * rise)).unsqueeze(1)

    def glint(self) -> Tensor:
        """Give the shape of the glint, (B, 1, H, W) in [0, 1]."""
        y, x = self.dy / self.radius - _GLINT[0], self.dx / self.radius - _GLINT[1]
        spot = torch.exp(-0.5 * (y.square() + x.square()) / _GLINT_WIDTH**2)
        return (spot * (self.height > 0)).unsqueeze(1)


def _blurred(image: Tensor, width: Tensor, *, reach: int) -> Tensor:
    """Blur every picture by its own Gaussian."""
    offset = torch.arange(-reach, reach + 1, device=image.device)
    taps = torch.exp(-0.5 * (offset / width.unsqueeze(1)).square())
    taps = taps / taps.sum(dim=1, keepdim=True)  # (B, k)
    rows = convolve(image, taps.unsqueeze(1), border="replicate")
    return convolve(rows, taps.unsqueeze(2), border="replicate")


def _look(image: Tensor, water: _Water, view: Tensor) -> Tensor:
    """Look through the drops: at offset o from its centre c, a drop shows the place c - view o."""
    height, width = image.shape[-2:]
    shift = 1 + view.view(-1, 1, 1)
    y = torch.arange(height, device=image.device).view(1, -1, 1) - shift * water.dy
    x = torch.arange(width, device=image.device).view(1, 1, -1) - shift * water.dx
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    return F.grid_sample(
        image, grid.to(image.dtype), padding_mode="reflection", align_corners=False
    )
