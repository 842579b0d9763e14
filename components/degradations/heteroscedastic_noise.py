"""Add a sensor's noise: Gaussian, with a variance that grows with the light.

y = x + sqrt(shot x + read) n, n standard normal per pixel and channel: shot noise of the light and a
floor from reading it out, the model of raw sensors.

Source: A. Foi et al., Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data,
IEEE TIP 2008, https://doi.org/10.1109/TIP.2008.2001399, equations 1 to 3.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range


class Params(PartParams):
    """Parameters of the sensor's noise."""

    name: Literal["heteroscedastic_noise"] = "heteroscedastic_noise"
    shot: Range = Field(default=(0.0, 0.01), description="variance that white adds, of 1")
    read: Range = Field(default=(0.0, 0.001), description="variance of black, of 1")


class Degradation(degradations.Degradation):
    """Draw both variances per sample and a field per image."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Add noise to (B, 3, H, W); not clipped, `quantise` does that."""
        shot, read = draws.uniform(*self.params.shot), draws.uniform(*self.params.read)
        one = (-1, 1, 1, 1)
        variance = shot.view(one) * image.clamp(min=0) + read.view(one)
        noise = draws.noise(tuple(image.shape[1:])) * variance.sqrt()
        return Degraded(image + noise.to(image.dtype), {"noise_shot": shot, "noise_read": read})
