"""Draw rain: layers of bright streaks, each of one direction, and how they mix with the picture.

A layer is sparse noise, convolved with a line of length and width: seeds of drops, drawn out. With the
streaks S of all layers, clipped to [0, 0.9], and the picture B:

    additive   min(B + S, 1)                          Rain100L and Rain100H
    screen     1 - (1 - B)(1 - S) = B + S - B S       never over 1
    heavy      min(a (B + S) + (1 - a) A, 1)          far streaks have become a veil of light A

The mask is S.

Source: W. Yang et al., Deep joint rain detection and removal (CVPR 2017), https://arxiv.org/abs/1609.07769,
equations 1 and 3; screen: Y. Luo et al., Removing rain from a single image via discriminative sparse
coding (ICCV 2015). Ranges of the streaks: ours.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.filters import convolve

_BRIGHTEST = 0.9
_MARGIN = 4.0  # widths beyond which a streak's side is black


class Params(PartParams):
    """Parameters of the rain."""

    name: Literal["rain_streaks"] = "rain_streaks"
    mix: Literal["additive", "screen", "heavy"] = Field(default="additive")
    layers: int = Field(default=1, ge=1, description="each has a direction and size of its own")
    density: Range = Field(default=(0.01, 0.03), description="drops a pixel")
    length: Range = Field(default=(9.0, 31.0), description="of a streak, pixels")
    width: Range = Field(default=(0.4, 1.0), description="of a streak, standard deviation, pixels")
    tilt: float = Field(default=35.0, ge=0, le=90, description="most, from upright, degrees")
    gain: Range = Field(default=(4.0, 12.0), description="brightness")
    kept: Range = Field(default=(0.7, 0.95), description="heavy: the share of light that arrives")
    veil: Range = Field(default=(0.6, 0.9), description="heavy: light of the veil")


class Degradation(degradations.Degradation):
    """Draw streaks per sample and mix them in."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Let it rain on (B, 3, H, W); the result stays in [0, 1] where the image does."""
        p, one = self.params, (-1, 1, 1, 1)
        layers = [self._layer(image, draws) for _ in range(p.layers)]
        streaks = torch.stack([layer.image for layer in layers]).sum(dim=0).clamp(0, _BRIGHTEST)
        drawn = {
            name: torch.stack([layer.drawn[name] for layer in layers], dim=1)
            for name in layers[0].drawn
        }
        if p.mix == "screen":
            return Degraded(image + streaks - image * streaks, drawn, streaks)
        if p.mix == "additive":
            return Degraded((image + streaks).clamp(max=1), drawn, streaks)
        kept, veil = draws.uniform(*p.kept), draws.uniform(*p.veil)
        light = (kept.view(one) * (image + streaks) + ((1 - kept) * veil).view(one)).clamp(max=1)
        drawn |= {"rain_kept": kept, "rain_veil": veil}
        return Degraded(light.to(image.dtype), drawn, streaks)

    def _layer(self, image: Tensor, draws: Draws) -> Degraded:
        """Draw one layer of streaks, (B, 1, H, W), with its (B,) numbers."""
        p = self.params
        length, width = draws.uniform(*p.length), draws.uniform(*p.width)
        angle = draws.uniform(-p.tilt, p.tilt)
        gain, density = draws.uniform(*p.gain), draws.uniform(*p.density)
        field = draws.uniform(0, 1, (1, *image.shape[2:]))
        share = density.view(-1, 1, 1, 1)
        seeds = (field / share) * (field < share)  # of those, even brightness in [0, 1)
        reach = math.ceil(p.length[1] / 2 + _MARGIN * p.width[1])
        kernel = line_kernel(length, width, angle, pixels=2 * reach + 1)
        streaks = convolve(seeds.to(image.dtype), kernel, border="constant")
        drawn = {
            "rain_length": length,
            "rain_width": width,
            "rain_angle": angle,
            "rain_gain": gain,
            "rain_density": density,
        }
        return Degraded(streaks * gain.view(-1, 1, 1, 1).to(image.dtype), drawn)


def line_kernel(length: Tensor, width: Tensor, angle: Tensor, *, pixels: int) -> Tensor:
    """Make lines with a Gaussian profile.

    Args:
        length: (B,), pixels.
        width: (B,), standard deviation across, pixels.
        angle: (B,), degrees from upright; above 0 the top leans to the left.
        pixels: Side of the kernel, odd.

    Returns:
        (B, pixels, pixels) of sum 1.
    """
    offset = torch.arange(pixels, device=length.device, dtype=length.dtype) - pixels // 2
    y, x = torch.meshgrid(offset, offset, indexing="ij")
    turn = (angle * (math.pi / 180)).view(-1, 1, 1)
    along = y * turn.cos() + x * turn.sin()
    across = x * turn.cos() - y * turn.sin()
    profile = torch.exp(-0.5 * (across / width.view(-1, 1, 1)).square())
    line = profile * (along.abs() <= length.view(-1, 1, 1) / 2)
    return line / line.sum(dim=(1, 2), keepdim=True)
