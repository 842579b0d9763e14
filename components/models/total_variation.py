"""Total-variation denoising: the nearest picture with fewer edges; no network, nothing to train.

The weight is a multiple of the noise's level, which is given or estimated from each picture.

Source: A. Chambolle, An algorithm for total variation minimization, JMIV 20 (2004),
https://doi.org/10.1023/B:JMIV.0000011325.36760.1e, as scikit-image's `denoise_tv_chambolle` has it.
"""

from typing import Literal

from pydantic import Field
from skimage import restoration
from torch import Tensor

from components import models
from components.parts import PartParams
from components.pictures import arrays


class Params(PartParams):
    """Parameters of the denoising."""

    name: Literal["total_variation"] = "total_variation"
    level: float | None = Field(
        default=None, gt=0, description="of the noise, of 255 grey levels; null: estimated"
    )
    strength: float = Field(default=1.0, gt=0, description="weight over the noise's level")


PRESETS = {"any level": Params()}


class Model(models.RestorationModel):
    """Flatten what is as small as the noise."""

    halo = 32  # the influence of farther pixels is small

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Denoise (B, 3, h, w), all channels at once, on the CPU."""
        return arrays.each(lq, self._denoise)

    def _denoise(self, image: arrays.Array) -> arrays.Array:
        level = self.params.level
        sigma = arrays.noise_level(image) if level is None else level / 255
        if not sigma:
            return image  # and the iteration would not end
        done: arrays.Array = restoration.denoise_tv_chambolle(  # type: ignore[no-untyped-call]  # no stubs
            image, weight=self.params.strength * sigma, channel_axis=2
        )
        return done
