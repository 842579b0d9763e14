"""Richardson-Lucy deconvolution of a Gaussian blur whose width is known; no network, nothing to train.

Each step multiplies the estimate by the blurred-back ratio of picture and blurred estimate; each channel
alone, the picture mirrored beyond its edges.

Source: W. H. Richardson, JOSA 62 (1972), https://doi.org/10.1364/JOSA.62.000055, as scikit-image's
`restoration.richardson_lucy` has it.
"""

from typing import Literal

from pydantic import Field
from skimage import restoration
from torch import Tensor

from components import models
from components.parts import PartParams
from components.pictures import arrays


class Params(PartParams):
    """Parameters of the deconvolution."""

    name: Literal["richardson_lucy"] = "richardson_lucy"
    width: float = Field(default=1.8, gt=0, description="of the blur, standard deviation, pixels")
    steps: int = Field(default=10, gt=0, description="iterations; more sharpen, and raise noise")


PRESETS = {"width 1.8": Params()}


class Model(models.RestorationModel):
    """Multiply towards the picture that the blur made this one of."""

    halo = 40  # the blur's reach at each of a few steps; beyond, the influence is small

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params
        self.spread = arrays.gaussian_spread(params.width)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Sharpen (B, 3, h, w), values below 0 taken for 0, on the CPU."""
        return arrays.each(lq.clamp(min=0), arrays.by_channel(arrays.mirrored(self._sharpen)))

    def _sharpen(self, channel: arrays.Array) -> arrays.Array:
        sharp: arrays.Array = restoration.richardson_lucy(  # type: ignore[no-untyped-call]  # no stubs
            channel, self.spread, num_iter=self.params.steps, clip=False, filter_epsilon=1e-6
        )
        return sharp
