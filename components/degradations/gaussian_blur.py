"""Blur with one Gaussian kernel per sample, isotropic or anisotropic.

Kernel at offset p from the centre: exp(-p' S^-1 p / 2) over its sum, S = R(angle) diag(w1^2, w2^2) R'.
The widths are standard deviations in pixels of the ground truth, also where papers of this line call
them eigenvalues (their code squares them). Borders are reflected, as KDSR's and DASR's training does.

Source: KDSR (ICLR 2023), https://arxiv.org/abs/2211.16928; 21 x 21 kernels, widths of [0.2, 4] at x4.
"""

from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws, Per
from components.parts import PartParams, Range
from components.pictures.filters import Border, convolve
from components.pictures.kernels import gaussian_kernel


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
    border: Literal["reflect", "zero"] = Field(
        default="reflect", description="zero: black outside, as some published tables were made"
    )
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
        border: Border = "constant" if p.border == "zero" else "reflect"
        return Degraded(convolve(image, kernel, border=border), drawn)
