"""Take a picture's light away: y = gain (fade x)^gamma.

Dark pictures are noisy ones; `poisson_noise` or `heteroscedastic_noise` after this makes it so.

Source: F. Lv et al., MBLLEN: low-light image/video enhancement using CNNs (BMVC 2018), section 4, with its
ranges for gain (beta), fade (alpha) and gamma.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import degradations
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams, Range


class Params(PartParams):
    """Parameters of the darkening."""

    name: Literal["low_light"] = "low_light"
    gamma: Range = Field(default=(1.5, 5.0), description="exponent")
    gain: Range = Field(default=(0.5, 1.0), description="factor after the exponent")
    fade: Range = Field(default=(0.9, 1.0), description="factor before it")


class Degradation(degradations.Degradation):
    """Draw a curve per sample."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Darken (B, 3, H, W); negative values count as black."""
        p, one = self.params, (-1, 1, 1, 1)
        gamma, gain, fade = (draws.uniform(*bounds) for bounds in (p.gamma, p.gain, p.fade))
        light = image.clamp(min=0) * fade.view(one).to(image.dtype)
        dark = gain.view(one).to(image.dtype) * light ** gamma.view(one).to(image.dtype)
        return Degraded(dark, {"light_gamma": gamma, "light_gain": gain, "light_fade": fade})
