"""Blur with one Gaussian kernel per sample, isotropic or anisotropic.

Kernel at offset p from the centre: exp(-p' S^-1 p / 2) over its sum, S = R(angle) diag(w1^2, w2^2) R'.
The widths are standard deviations in pixels of the ground truth, also where papers of this line call
them eigenvalues (their code squares them). Borders are reflected, as KDSR's and DASR's training does.

Source: KDSR (ICLR 2023), https://arxiv.org/abs/2211.16928; 21 x 21 kernels, widths of [0.2, 4] at x4.
"""

import math
from typing import Literal, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws, Per
from components.errors import PictureError
from components.parts import PartParams, Range

# Below this width the kernel is a single 1 in float32; it also keeps the inverse finite at width 0.
_MIN_WIDTH = 1e-3


class Params(PartParams):
    """Parameters of the Gaussian blur."""

    name: Literal["gaussian_blur"] = "gaussian_blur"
    width: Range = Field(default=(0.2, 4.0), description="standard deviation, pixels of gt")
    second_width: Range | None = Field(
        default=None, description="that of the second axis; null: equal, an isotropic kernel"
    )
    angle: Range = Field(default=(0.0, 180.0), description="of the first axis, degrees")
    isotropic_share: float = Field(
        default=0.0, ge=0, le=1, description="samples whose second width equals the first"
    )
    kernel_pixels: int = Field(default=21, ge=3, description="side of the kernel, odd")
    per: Per = Field(default="sample", description="batch: one kernel for all, as KDSR's own code")

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.kernel_pixels % 2 == 0:
            raise PydanticCustomError("odd", "kernel_pixels must be odd")
        return self

    @model_validator(mode="after")
    def _share_of_two(self) -> Self:
        if self.isotropic_share and self.second_width is None:
            raise PydanticCustomError(
                "share", "isotropic_share needs a second_width; without, every kernel is isotropic"
            )
        return self


class Degradation(degradations.Degradation):
    """Draw a kernel per sample and convolve."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Blur (B, 3, H, W); sides must exceed half the kernel."""
        p = self.params
        width = draws.uniform(*p.width, per=p.per)
        second, angle = width, torch.zeros_like(width)
        if p.second_width is not None:
            isotropic = draws.uniform(0, 1, per=p.per) < p.isotropic_share
            second = torch.where(isotropic, width, draws.uniform(*p.second_width, per=p.per))
            angle = torch.where(isotropic, angle, draws.uniform(*p.angle, per=p.per))
        kernel = gaussian_kernel(width, second, angle, pixels=p.kernel_pixels)
        drawn = {"blur_width": width, "blur_second_width": second, "blur_angle": angle}
        return Degraded(_convolve(image, kernel), drawn)


def gaussian_kernel(width: Tensor, second: Tensor, angle: Tensor, *, pixels: int) -> Tensor:
    """Make kernels of sum 1.

    Args:
        width: Standard deviations along the first axis, (B,), pixels, 0 for no blur.
        second: The same along the second axis, (B,).
        angle: Direction of the first axis, (B,), degrees, from x towards y.
        pixels: Side of the kernel, odd.

    Returns:
        (B, pixels, pixels) in the dtype of `width`.

    Example:
        >>> one = torch.ones(1)
        >>> gaussian_kernel(0 * one, 0 * one, 0 * one, pixels=3)[0, 1]
        tensor([0., 1., 0.])
    """
    offset = torch.arange(pixels, device=width.device, dtype=width.dtype) - pixels // 2
    y, x = torch.meshgrid(offset, offset, indexing="ij")
    turn = (angle * (math.pi / 180)).view(-1, 1, 1)
    along = x * turn.cos() + y * turn.sin()  # (B, k, k)
    across = y * turn.cos() - x * turn.sin()
    first = width.clamp(min=_MIN_WIDTH).view(-1, 1, 1)
    other = second.clamp(min=_MIN_WIDTH).view(-1, 1, 1)
    kernel = torch.exp(-0.5 * ((along / first).square() + (across / other).square()))
    return kernel / kernel.sum(dim=(1, 2), keepdim=True)


def _convolve(image: Tensor, kernel: Tensor) -> Tensor:
    """Convolve every sample with its own kernel, all channels alike."""
    b, c, h, w = image.shape
    reach = kernel.shape[-1] // 2
    if min(h, w) <= reach:
        raise PictureError(f"a blur of reach {reach} needs sides above {reach} pixels, got {h}x{w}")
    # Batch into channels: one grouped convolution for B different kernels.
    padded = F.pad(image, (reach,) * 4, mode="reflect").transpose(0, 1)  # (C, B, H + 2r, W + 2r)
    blurred = F.conv2d(padded, kernel.to(image.dtype).unsqueeze(1), groups=b)
    return blurred.transpose(0, 1).reshape(b, c, h, w)
