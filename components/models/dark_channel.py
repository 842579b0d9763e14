"""Dehazing by the dark channel prior: outdoors, every patch without haze holds something dark.

With I = J t + A (1 - t): A is the brightest colour among the 0.1 % of pixels whose dark channel (minimum
over channels and a 15 x 15 patch) is brightest; t = 1 - 0.95 dark(I / A), refined by a guided filter;
J = (I - A) / max(t, 0.1) + A. No network, nothing to train.

Source: He, Sun, Tang, Single image haze removal using dark channel prior, CVPR 2009,
https://doi.org/10.1109/CVPR.2009.5206515; the filter instead of matting from He, Sun, Tang, Guided image
filtering, TPAMI 2013, https://doi.org/10.1109/TPAMI.2012.213.
"""

from typing import Literal, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import models
from components.parts import PartParams
from components.pictures import colour


class Params(PartParams):
    """Parameters of the prior; defaults are the papers'."""

    name: Literal["dark_channel"] = "dark_channel"
    patch: int = Field(default=15, ge=1, description="side of the patch, pixels, odd")
    keep: float = Field(default=0.05, ge=0, lt=1, description="share of the haze that stays")
    least: float = Field(default=0.1, gt=0, le=1, description="smallest transmission divided by")
    reach: int = Field(default=40, ge=1, description="of the guided filter, pixels")
    smoothness: float = Field(default=1e-3, gt=0, description="of the guided filter")

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.patch % 2 == 0:
            raise PydanticCustomError("odd", "patch must be odd")
        return self


PRESETS = {"papers": Params()}

_BRIGHTEST = 1000  # one in this many pixels votes for the airlight


class Model(models.RestorationModel):
    """Estimate airlight and transmission, and undo them. The airlight is the code of a picture."""

    halo = 96  # the filter twice, and the patch

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params

    def encode(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:  # noqa: ARG002 - the contract
        """Estimate the airlight of (B, 3, h, w); (B, 3), at least 1/255."""
        dark = _dark_channel(lq, self.params.patch).flatten(1)  # (B, hw)
        places = dark.topk(max(1, dark.shape[1] // _BRIGHTEST), dim=1).indices
        colours = lq.flatten(2).gather(2, places[:, None].expand(-1, 3, -1))  # (B, 3, k)
        brightest = colours.sum(dim=1).argmax(dim=1).view(-1, 1, 1).expand(-1, 3, 1)
        return colours.gather(2, brightest).squeeze(2).clamp(min=1 / 255)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:
        """Remove the haze from (B, 3, h, w)."""
        air = (self.encode(lq) if code is None else code).to(lq.dtype)[..., None, None]
        dark = _dark_channel(lq / air, self.params.patch)
        transmission = self._refine(colour.grey(lq), 1 - (1 - self.params.keep) * dark)
        return (lq - air) / transmission.clamp(min=self.params.least) + air

    def _refine(self, guide: Tensor, rough: Tensor) -> Tensor:
        """Filter (B, 1, h, w) so that its edges are the guide's."""
        reach = self.params.reach
        mean_guide, mean_rough = _box(guide, reach), _box(rough, reach)
        covariance = _box(guide * rough, reach) - mean_guide * mean_rough
        variance = _box(guide * guide, reach) - mean_guide.square()
        slope = covariance / (variance + self.params.smoothness)
        offset = mean_rough - slope * mean_guide
        return _box(slope, reach) * guide + _box(offset, reach)


def _dark_channel(image: Tensor, patch: int) -> Tensor:
    """Take the minimum over channels and a patch, (B, 1, h, w); the patch is cut at the edges."""
    darkest = image.amin(dim=1, keepdim=True)
    for kernel, margin in (((patch, 1), (patch // 2, 0)), ((1, patch), (0, patch // 2))):
        darkest = -F.max_pool2d(-darkest, kernel, stride=1, padding=margin)
    return darkest


def _box(image: Tensor, reach: int) -> Tensor:
    """Average over a square of 2 `reach` + 1 pixels, cut at the edges; by running sums."""
    for dim in (-2, -1):
        length = image.shape[dim]
        total = F.pad(image.double().cumsum(dim), (1, 0) if dim == -1 else (0, 0, 1, 0))
        place = torch.arange(length, device=image.device)
        first, last = (place - reach).clamp(min=0), (place + reach + 1).clamp(max=length)
        count = (last - first).view((-1, 1) if dim == -2 else (-1,))
        mean = (total.index_select(dim, last) - total.index_select(dim, first)) / count
        image = mean.to(image.dtype)
    return image
