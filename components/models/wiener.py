"""Wiener deconvolution of a Gaussian blur whose width is known; no network, nothing to train.

In the frequency domain, lq times conj(H) / (|H|^2 + balance |L|^2), with H the blur and L the Laplacian;
each channel alone, the picture mirrored beyond its edges.

Source: scikit-image's `restoration.wiener`, after Orieux, Giovannelli, Rodet, JOSA A 27 (2010),
https://doi.org/10.1364/JOSAA.27.001593.
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

    name: Literal["wiener"] = "wiener"
    width: float = Field(default=1.8, gt=0, description="of the blur, standard deviation, pixels")
    balance: float = Field(default=1e-3, gt=0, description="weight of smoothness; more with noise")


PRESETS = {"width 1.8": Params()}


class Model(models.RestorationModel):
    """Divide by the blur where it left something."""

    halo = 20  # where the ringing of an edge has faded

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params
        self.spread = arrays.gaussian_spread(params.width)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Sharpen (B, 3, h, w) on the CPU."""
        return arrays.each(lq, arrays.by_channel(arrays.mirrored(self._sharpen)))

    def _sharpen(self, channel: arrays.Array) -> arrays.Array:
        sharp: arrays.Array = restoration.wiener(  # type: ignore[no-untyped-call]  # no stubs
            channel, self.spread, self.params.balance, clip=False
        )
        return sharp
