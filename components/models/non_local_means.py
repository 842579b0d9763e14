"""Non-local means: each pixel becomes the mean of those whose surroundings look alike; nothing to train.

Patches of 5 x 5 within 13 x 13 pixels, all channels at once; the noise's level is given or estimated
from each picture.

Source: Buades, Coll, Morel, CVPR 2005, https://doi.org/10.1109/CVPR.2005.38, in the fast form of
scikit-image's `denoise_nl_means`.
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

    name: Literal["non_local_means"] = "non_local_means"
    level: float | None = Field(
        default=None, gt=0, description="of the noise, of 255 grey levels; null: estimated"
    )
    strength: float = Field(
        default=0.6, gt=0, description="how unlike patches may be, over the noise's level"
    )


PRESETS = {"any level": Params()}


class Model(models.RestorationModel):
    """Average over patches that look alike."""

    halo = 8  # 6 pixels to the farthest patch, 2 across half of it

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Denoise (B, 3, h, w) on the CPU."""
        return arrays.each(lq, self._denoise)

    def _denoise(self, image: arrays.Array) -> arrays.Array:
        level = self.params.level
        sigma = arrays.noise_level(image) if level is None else level / 255
        done: arrays.Array = restoration.denoise_nl_means(
            image,
            patch_size=5,
            patch_distance=6,
            h=max(self.params.strength * sigma, 1e-6),  # it divides by this
            sigma=sigma,
            channel_axis=2,
        )
        return done
