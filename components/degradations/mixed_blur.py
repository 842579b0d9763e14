"""Blur with a kernel of one of several kinds per sample, of one of several sizes.

The kinds and their formulas are those of components/pictures/kernels.py. With a single kind of share 1
this is a generalised, plateau or sinc blur alone. Borders are mirrored.

Source: Real-ESRGAN (ICCVW 2021), https://arxiv.org/abs/2107.10833; the defaults are its first blur.
As in its code, half of all shapes lie below 1, half above.
"""

from collections.abc import Iterator
from typing import Literal, Self, get_args

import torch
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.filters import convolve
from components.pictures.kernels import (
    ellipses,
    generalised_kernel,
    plateau_kernel,
    sinc_kernel,
)

Kind = Literal[
    "isotropic",
    "anisotropic",
    "generalised_isotropic",
    "generalised_anisotropic",
    "plateau_isotropic",
    "plateau_anisotropic",
    "sinc",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SHARES: dict[Kind, float] = {
    "isotropic": 0.405,
    "anisotropic": 0.225,
    "generalised_isotropic": 0.108,
    "generalised_anisotropic": 0.027,
    "plateau_isotropic": 0.108,
    "plateau_anisotropic": 0.027,
    "sinc": 0.1,
}
_SMALL = 13  # kernels of fewer pixels cannot hold the lowest cutoffs
_TURN = 180.0  # degrees after which an ellipse is itself again
_PI = torch.pi


class Params(PartParams):
    """Parameters of the mixed blur."""

    name: Literal["mixed_blur"] = "mixed_blur"
    shares: dict[Kind, float] = Field(
        default=_SHARES, description="how often each kind comes, in any unit; left out: never"
    )
    kernel_pixels: tuple[int, ...] = Field(
        default=(7, 9, 11, 13, 15, 17, 19, 21),
        min_length=1,
        strict=False,
        description="sides of the kernels, odd, drawn alike",
    )
    width: Range = Field(default=(0.2, 3.0), description="standard deviation, pixels, of each axis")
    generalised_shape: Range = Field(default=(0.5, 4.0), description="beta of the paper")
    plateau_shape: Range = Field(default=(1.0, 2.0), description="beta of the paper")
    cutoff: Range = Field(default=(0.2, 1.0), description="of sinc, parts of pi")
    small_cutoff: Range = Field(
        default=(1 / 3, 1.0), description="the same for kernels under 13 pixels"
    )

    @model_validator(mode="after")
    def _odd(self) -> Self:
        even = [pixels for pixels in self.kernel_pixels if pixels % 2 == 0 or pixels < 3]
        if even:
            raise PydanticCustomError(
                "odd", "kernel_pixels must be odd and at least 3, got {even}", {"even": str(even)}
            )
        return self

    @model_validator(mode="after")
    def _some_kind(self) -> Self:
        shares = self.shares.values()
        if any(share < 0 for share in shares) or not sum(shares) > 0:
            raise PydanticCustomError(
                "shares", "shares must not be negative, and one must be above 0"
            )
        return self


class Degradation(degradations.Degradation):
    """Draw a kernel per sample and convolve."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Blur (B, 3, H, W) of any size."""
        drawn = self._draw(draws)
        largest = drawn["blur_pixels"].tolist() or self.params.kernel_pixels
        kernel = mixed_kernel(drawn, pixels=max(largest))
        return Degraded(convolve(image, kernel, border="fold"), drawn)

    def _draw(self, draws: Draws) -> dict[str, Tensor]:
        p = self.params
        sizes = torch.tensor(p.kernel_pixels, device=draws.seeds.device)
        pixels = sizes[draws.choice([1.0] * len(sizes))]
        kind = draws.choice([p.shares.get(kind, 0.0) for kind in KINDS])
        unit = iter(draws.uniform(0, 1, (9,)).unbind(dim=1))
        width, second = _within(p.width, next(unit)), _within(p.width, next(unit))
        angle = _within((0, _TURN), next(unit))
        round_ = ~torch.isin(kind, kind.new_tensor([1, 3, 5]))
        generalised, plateau = _shape(p.generalised_shape, unit), _shape(p.plateau_shape, unit)
        cutoff, small = _within(p.cutoff, next(unit)), _within(p.small_cutoff, next(unit))
        return {
            "blur_kind": kind,
            "blur_pixels": pixels,
            "blur_width": width,
            "blur_second_width": torch.where(round_, width, second),
            "blur_angle": torch.where(round_, 0.0, angle),
            "blur_shape": torch.where(kind >= 4, plateau, torch.where(kind >= 2, generalised, 1.0)),
            "blur_cutoff": torch.where(pixels < _SMALL, small, cutoff) * _PI,
        }


def mixed_kernel(drawn: dict[str, Tensor], *, pixels: int) -> Tensor:
    """Make each sample's kernel from what was drawn for it.

    Args:
        drawn: What `Degradation` tells of its samples, (B,) each.
        pixels: Side of all kernels, odd; a smaller one is surrounded by zeros.

    Returns:
        (B, pixels, pixels) of sum 1.
    """
    kind = drawn["blur_kind"].view(-1, 1, 1)
    axes = (drawn[f"blur_{name}"] for name in ("width", "second_width", "angle"))
    q = ellipses(*axes, pixels=pixels)
    gaussian = generalised_kernel(q, drawn["blur_shape"])
    plateau = plateau_kernel(q, drawn["blur_shape"])
    sinc = sinc_kernel(drawn["blur_cutoff"], pixels=pixels)
    kernel = torch.where(kind == 6, sinc, torch.where(kind >= 4, plateau, gaussian))
    offset = (torch.arange(pixels, device=kind.device) - pixels // 2).abs()
    inside = torch.maximum(offset[:, None], offset) <= drawn["blur_pixels"].view(-1, 1, 1) // 2
    kernel = kernel * inside
    return kernel / kernel.sum(dim=(1, 2), keepdim=True)


def _within(bounds: tuple[float, float], unit: Tensor) -> Tensor:
    """Turn numbers drawn from [0, 1) into numbers within bounds."""
    low, high = bounds
    return low + (high - low) * unit


def _shape(bounds: tuple[float, float], unit: Iterator[Tensor]) -> Tensor:
    """Draw below 1 for half of the samples and above for the others, as far as the bounds reach."""
    low, high = bounds
    which, place = next(unit) < 0.5, next(unit)
    below = _within((min(low, 1.0), min(high, 1.0)), place)
    above = _within((max(low, 1.0), max(high, 1.0)), place)
    return torch.where(which, below, above)
