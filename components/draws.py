"""Random numbers by counting: a sample's draws depend on its own seed and on nothing else.

Each number is a hash of (seed of the sample, number of the draw, position), so a sample gets the same
degradation at any batch size, on any device, in any process, and training needs no generator state:
the position of a run is its step number. Between devices, normal numbers may differ in their last
digit, as logarithm and cosine do.

Source: SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014, https://doi.org/10.1145/2660193.2660195)
in signed 64-bit arithmetic, which wraps alike on CPU and GPU.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

# SplitMix64's three constants, as signed 64-bit numbers.
_GAMMA = 0x9E3779B97F4A7C15 - (1 << 64)
_MIX_1 = 0xBF58476D1CE4E5B9 - (1 << 64)
_MIX_2 = 0x94D049BB133111EB - (1 << 64)

Per = Literal["sample", "batch"]


class Draws:
    """A source of numbers for one batch; every call is the next draw of each sample.

    Args:
        seeds: (B,) int64, one a sample; the device decides where numbers are made.
    """

    def __init__(self, seeds: Tensor) -> None:
        self.seeds = seeds.to(torch.int64)
        self._count = 0

    def uniform(
        self, low: float, high: float, shape: tuple[int, ...] = (), *, per: Per = "sample"
    ) -> Tensor:
        """Draw from U[low, high), in steps of (high - low) / 2^24.

        Args:
            low: Smallest value.
            high: Upper end, reached by rounding alone; equal to `low` gives that constant.
            shape: Shape per sample; () for one number.
            per: "batch" gives every sample the first sample's numbers.

        Returns:
            (B, *shape) float32.
        """
        unit = (self._bits(shape, per) >> 40 & 0xFFFFFF).float() * 2.0**-24
        return low + (high - low) * unit

    def normal(self, shape: tuple[int, ...] = ()) -> Tensor:
        """Draw from the standard normal, by Box and Muller; (B, *shape) float32, |x| < 5.8."""
        radius = 1 - self.uniform(0, 1, shape)  # (0, 1]
        angle = self.uniform(0, 2 * math.pi, shape)
        return (-2 * radius.log()).sqrt() * angle.cos()

    def whole(self, shape: tuple[int, ...]) -> Tensor:
        """Draw whole numbers below 2^24, all alike, two from each hash; (B, *shape) int32."""
        count = math.prod(shape)
        bits = self._bits((-(-count // 2),), "sample")
        both = torch.cat([(bits >> places).to(torch.int32) for places in (40, 8)], dim=1)
        return both[:, :count].bitwise_and_(0xFFFFFF).view(len(self.seeds), *shape)

    def noise(self, shape: tuple[int, ...]) -> Tensor:
        """Draw fields of the standard normal at a quarter of the cost of `normal`.

        Sine and cosine of Box and Muller's angle are both taken.

        Returns:
            (B, *shape) float32, |x| < 5.8.
        """
        count = math.prod(shape)
        radius, angle = self.whole((2, -(-count // 2))).float().mul_(2.0**-24).unbind(dim=1)
        radius = (1 - radius).log_().mul_(-2).sqrt_()
        angle = angle.mul_(2 * math.pi)
        both = torch.cat([radius * angle.cos(), radius * angle.sin()], dim=1)
        return both[:, :count].view(len(self.seeds), *shape)

    def choice(self, shares: Sequence[float]) -> Tensor:
        """Draw one of several things.

        Args:
            shares: How often each comes, in any unit; at least one positive.

        Returns:
            (B,) int64, positions in `shares`.
        """
        edges = torch.tensor(shares, dtype=torch.float64).cumsum(0)
        edges = (edges / edges[-1]).float().to(self.seeds.device)
        return (self.uniform(0, 1).unsqueeze(1) >= edges[:-1]).sum(dim=1)

    def branch(self) -> "Draws":
        """Make a source of its own for work that only some samples get.

        It costs every sample one draw, however many numbers are then drawn from the branch:
        `Draws(branch.seeds[chosen])` serves the chosen ones.
        """
        return Draws(self._bits((), "sample"))

    def _bits(self, shape: tuple[int, ...], per: Per) -> Tensor:
        self._count += 1
        seeds = self.seeds[:1].expand_as(self.seeds) if per == "batch" else self.seeds
        if not len(seeds):
            return seeds.new_empty(0, *shape)
        stream = mix(mix(seeds) + _signed(self._count * _GAMMA))  # (B,)
        position = torch.arange(math.prod(shape), device=seeds.device)
        bits = mix(stream[:, None] + (position + 1) * _GAMMA)  # (B, prod(shape))
        return bits.view(len(seeds), *shape)


def mix(x: Tensor) -> Tensor:
    """Scramble int64 numbers one by one (SplitMix64's finaliser); any shape, same shape."""
    spare = torch.empty_like(x)  # large fields are slow by fresh memory, not by arithmetic
    x = _fold(x.clone(), 30, spare).mul_(_MIX_1)
    x = _fold(x, 27, spare).mul_(_MIX_2)
    return _fold(x, 31, spare)


def seeds_for(seed: int, numbers: Tensor) -> Tensor:
    """Give each numbered sample a seed of its own.

    Args:
        seed: The run's seed.
        numbers: (B,) int64, the samples' numbers within the run.

    Returns:
        (B,) int64.
    """
    run = mix(torch.tensor(_signed(seed), dtype=torch.int64, device=numbers.device))
    return mix(run + (numbers.to(torch.int64) + 1) * _GAMMA)


def named_seed(seed: int, name: str) -> int:
    """Derive the seed of one purpose, so that no two purposes share their numbers.

    Example:
        >>> named_seed(0, "patches") == named_seed(0, "weights")
        False
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:7])


def _signed(number: int) -> int:
    """Wrap a number into signed 64 bits."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def _fold(x: Tensor, places: int, spare: Tensor) -> Tensor:
    """XOR numbers in place with themselves shifted right, without copying the sign bit."""
    torch.bitwise_right_shift(x, places, out=spare)
    return x.bitwise_xor_(spare.bitwise_and_((1 << (64 - places)) - 1))
