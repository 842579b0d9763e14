"""Blur along the path of a shaking camera, one random path per sample.

A path has constant speed; its heading drifts as a random walk and now and then turns back in a jerk.
Its points are spread over the pixels by bilinear weights; the kernel is divided by its sum, so that
brightness stays, and its centre of mass is the origin, so that the picture stays in place. The mask marks
what the blur changed visibly: displaced edges.

Source: the model follows G. Boracchi, A. Foi, Modeling the performance of image restoration from motion
blur, IEEE TIP 2012, https://doi.org/10.1109/TIP.2012.2192126, in the form of O. Kupyn et al., DeblurGAN
(CVPR 2018), whose code normalises kernel and result by their extremes, which changes contrast.
"""

import math
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range
from components.pictures.filters import convolve

_STEPS = 64  # points of a path; the longest that fits a kernel of 31 has under a pixel between two
_JERK = 0.5  # radians around a full turn back


class Params(PartParams):
    """Parameters of the motion blur."""

    name: Literal["motion_blur"] = "motion_blur"
    length: Range = Field(default=(5.0, 40.0), description="of the path, pixels")
    drift: Range = Field(default=(0.0, 1.5), description="deviation of its whole turning, radians")
    jerks: Range = Field(default=(0.0, 2.0), description="how many are expected on a path")
    kernel_pixels: int = Field(default=31, ge=3, description="side, odd; longer paths are shrunk")
    mask_threshold: float = Field(
        default=25.0, ge=0, description="change that the mask marks, of 255 grey levels"
    )

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.kernel_pixels % 2 == 0:
            raise PydanticCustomError("odd", "kernel_pixels must be odd")
        return self


class Degradation(degradations.Degradation):
    """Draw a path per sample and convolve."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Blur (B, 3, H, W); sides must exceed half the kernel."""
        p = self.params
        length = draws.uniform(*p.length)
        drift, jerks = draws.uniform(*p.drift), draws.uniform(*p.jerks)
        points = _path(length, drift, jerks, draws)
        psf = point_spread(points, pixels=p.kernel_pixels)
        blurred = convolve(image, psf)
        change = (blurred - image).abs().amax(dim=1, keepdim=True)
        drawn = {"motion_length": length, "motion_kernel": psf.flatten(1)}
        return Degraded(blurred, drawn, (change * 255 > p.mask_threshold).to(image.dtype))


def point_spread(points: Tensor, *, pixels: int) -> Tensor:
    """Spread the points of paths over pixels.

    Args:
        points: (B, T, 2), y and x in pixels from anywhere.
        pixels: Side of the kernel, odd; a path that leaves it is shrunk.

    Returns:
        (B, pixels, pixels) of sum 1 and centre of mass 0.

    Example:
        >>> point_spread(torch.tensor([[[0.0, 0.0], [0.0, 1.0]]]), pixels=3)[0, 1]
        tensor([0.2500, 0.5000, 0.2500])
    """
    centred = points - points.mean(dim=1, keepdim=True)
    extent = centred.abs().amax(dim=(1, 2), keepdim=True)
    centred = centred * (pixels // 2 / extent.clamp(min=1e-6)).clamp(max=1)
    place = torch.arange(pixels, device=points.device) - pixels // 2
    near = (1 - (centred.unsqueeze(-1) - place).abs()).clamp(min=0)  # (B, T, 2, pixels)
    spread = (near[:, :, 0, :, None] * near[:, :, 1, None, :]).sum(dim=1)
    return spread / spread.sum(dim=(1, 2), keepdim=True)


def _path(length: Tensor, drift: Tensor, jerks: Tensor, draws: Draws) -> Tensor:
    """Walk in steps of equal length; (B, T, 2)."""
    start = draws.uniform(0, 2 * math.pi)
    turns = draws.normal((_STEPS,)) * (drift / math.sqrt(_STEPS)).unsqueeze(1)
    jerk = draws.uniform(0, 1, (_STEPS,)) < jerks.unsqueeze(1) / _STEPS
    back = draws.uniform(math.pi - _JERK, math.pi + _JERK, (_STEPS,))
    heading = start.unsqueeze(1) + (turns + jerk * back).cumsum(dim=1)
    step = torch.stack([heading.sin(), heading.cos()], dim=2) * (length / _STEPS).view(-1, 1, 1)
    return step.cumsum(dim=1)
