"""Add shot noise: Poisson counts of the picture's own light, scaled, in colours or in grey.

A picture of n distinct levels counts 2^ceil(log2 n) photons at white; with the counts P of the picture
rounded to 8 bits, y = x + scale (P / photons - x). Counts are exact: the Poisson law is inverted by a
table for each of the 256 levels, at one uniform number of 24 bits a count.

Source: Real-ESRGAN, https://arxiv.org/abs/2107.10833; the defaults are those of its first noise.
"""

import functools
import math
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.colour import grey as grey_of

_LEVELS = 256
_BITS = 24  # of a uniform number
_CELL_BITS = 12  # of these, how many name a cell of the first table


class Params(PartParams):
    """Parameters of the Poisson noise."""

    name: Literal["poisson_noise"] = "poisson_noise"
    gain: Range = Field(default=(0.05, 3.0), description="scale of the noise")
    grey_share: float = Field(
        default=0.4, ge=0, le=1, description="samples whose three channels get the same noise"
    )


class Degradation(degradations.Degradation):
    """Draw a gain per sample and a count per pixel."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Add noise to (B, 3, H, W) in [0, 1]; not clipped, `quantise` does that."""
        gain = draws.uniform(*self.params.gain)
        grey = draws.uniform(0, 1) < self.params.grey_share
        own, noisy = draws.branch(), image.clone()
        for chosen, light in ((grey, grey_of(image[grey])), (~grey, image[~grey])):
            noise = shot_noise(light, Draws(own.seeds[chosen]))
            noisy[chosen] += gain[chosen].view(-1, 1, 1, 1).to(image.dtype) * noise
        return Degraded(noisy, {"noise_gain": gain, "noise_is_grey": grey})


def shot_noise(light: Tensor, draws: Draws) -> Tensor:
    """Draw what counting photons adds to pictures.

    Args:
        light: (B, C, H, W), clipped to [0, 1] and rounded to 8 bits first.
        draws: The batch's numbers.

    Returns:
        Same shape and type; mean 0, variance light / photons.
    """
    levels = (light.clamp(0, 1) * (_LEVELS - 1)).round().to(torch.int32)
    unit = draws.whole(tuple(light.shape[1:]))
    exponent = _exponent(levels)
    noise = torch.empty_like(light)
    for power in exponent.unique().tolist():  # one or two: most pictures use over 128 levels
        chosen = (exponent == power).nonzero().flatten()
        count = _inverse(power, light.device).count(levels[chosen], unit[chosen])
        noise[chosen] = count.to(light.dtype) / 2**power - levels[chosen].to(light.dtype) / (
            _LEVELS - 1
        )
    return noise


def _exponent(levels: Tensor) -> Tensor:
    """Say how many doublings hold as many photons as a picture has levels; (B,)."""
    flat = levels.flatten(1).long()
    used = torch.zeros(len(flat), _LEVELS, device=levels.device).scatter_(1, flat, 1.0)
    return used.sum(dim=1).log2().ceil().long()


@dataclass(frozen=True, slots=True)
class _Inverse:
    """The inverse of Poisson's law at every level of light.

    Attributes:
        first: (levels * cells,), the count where a whole cell of uniform numbers has the same, else -1.
        ends: (levels * counts,), where each count's numbers end, in one rising row.
        counts: Counts a level.
    """

    first: Tensor
    ends: Tensor
    counts: int

    def count(self, levels: Tensor, unit: Tensor) -> Tensor:
        """Turn uniform whole numbers below 2^24 into counts; any shape, same shape."""
        cell = (levels << _CELL_BITS) + (unit >> (_BITS - _CELL_BITS))
        count = self.first.index_select(0, cell.flatten()).to(torch.float32)
        several = (count < 0).nonzero().flatten()
        level = levels.flatten()[several].long()
        number = (level << _BITS) + unit.flatten()[several]
        found = torch.searchsorted(self.ends, number, right=True)
        count[several] = (found - level * self.counts).to(torch.float32)
        return count.view(levels.shape)


@functools.lru_cache(maxsize=18)
def _inverse(power: int, device: torch.device) -> _Inverse:
    """Tabulate the law for 2^power photons at white."""
    photons = 2**power
    counts = math.ceil(photons + 8 * math.sqrt(photons) + 16)
    rate = torch.arange(_LEVELS, dtype=torch.float64) * photons / (_LEVELS - 1)
    upto = torch.arange(1, counts + 1, dtype=torch.float64)
    below = torch.special.gammaincc(upto, rate[:, None])  # (levels, counts): P(count < upto)
    ends = (below * 2**_BITS).ceil().long().clamp(max=2**_BITS)
    ends += torch.arange(_LEVELS)[:, None] << _BITS
    flat = ends.flatten()
    edges = torch.arange((_LEVELS << _CELL_BITS) + 1) << (_BITS - _CELL_BITS)
    low = torch.searchsorted(flat, edges[:-1], right=True)
    high = torch.searchsorted(flat, edges[1:])
    level = torch.arange(_LEVELS << _CELL_BITS) >> _CELL_BITS
    first = torch.where(low == high, low - level * counts, -1).to(torch.int16)
    return _Inverse(first.to(device), flat.to(device), counts)
