"""The mask network: where an image is degraded, as a probability for each pixel.

Source: see components/layers/dense_unet.py; 3,645,905 parameters at the default widths.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor

from components import models
from components.layers import dense_unet
from components.parts import PartParams


class Params(PartParams):
    """Parameters of the mask network."""

    name: Literal["mask_net"] = "mask_net"
    widths: dense_unet.Widths = Field(
        default=(32, 64, 128, 192), strict=False, description="channels at 1, 1/2, 1/4, 1/8; even"
    )


PRESETS: dict[str, Params] = {"paper": Params(), "small": Params(widths=(8, 12, 16, 24))}


class Model(models.Network):
    """An encoder whose taps teach, and a decoder that draws the mask."""

    multiple_of = dense_unet.REDUCTION

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.net = dense_unet.MaskNet(params.widths)

    def forward(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:  # noqa: ARG002 - the contract
        """(B, 3, h, w) -> (B, 1, h, w), probabilities in (0, 1)."""
        return self.logits(lq).sigmoid()

    def logits(self, lq: Tensor) -> Tensor:
        """(B, 3, h, w) -> (B, 1, h, w), any real values; above 0: degraded."""
        logits: Tensor = self.net(lq)
        return logits
