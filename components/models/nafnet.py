"""NAFNet: a U-shaped network of blocks without activations, for any damage that keeps the size.

Source: Chen et al., "Simple Baselines for Image Restoration", ECCV 2022, https://arxiv.org/abs/2204.04676;
`w32` and `w64` with 1, 1, 1 and 28 blocks are its deblurring networks, 17,111,907 and 67,888,835 parameters.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor

from components import models
from components.layers.naf_unet import NafUnet
from components.parts import PartParams

Stages = Annotated[tuple[int, ...], Field(min_length=1, strict=False)]


class Params(PartParams):
    """Parameters of NAFNet; the defaults are the deblurring network of width 32."""

    name: Literal["nafnet"] = "nafnet"
    width: int = Field(default=32, ge=1, description="channels at full size")
    encoder: Stages = Field(default=(1, 1, 1, 28), description="blocks a stage, the finest first")
    middle: int = Field(default=1, ge=0, description="blocks at the coarsest size")
    decoder: Stages = Field(default=(1, 1, 1, 1), description="blocks a stage, the coarsest first")

    @model_validator(mode="after")
    def _as_many_down_as_up(self) -> Self:
        if len(self.encoder) != len(self.decoder):
            raise PydanticCustomError("stages", "encoder and decoder need as many stages")
        return self


PRESETS: dict[str, Params] = {
    "w32": Params(),
    "w64": Params(width=64),
    "w16": Params(width=16),
    "small": Params(width=12, encoder=(1, 1), middle=1, decoder=(1, 1)),
}

AUTHORS_NAMES = (
    (r"^intro\.", "head."),
    (r"^ending\.", "tail."),
    (r"^middle_blks\.", "middle."),
    (r"^ups\.(\d+)\.0\.", r"ups.\1."),
    (r"\.sca\.1\.", ".attend."),
    (r"^", "unet."),
)
"""Regular expressions that turn the names in the authors' files into ours, in order."""


class Model(models.RestorationModel):
    """The U shape with its plain blocks."""

    halo = 64  # channel attention sees all of a tile; further away the convolutions count little

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.unet = NafUnet(params.width, params.encoder, params.middle, params.decoder)
        self.multiple_of = self.unet.multiple_of

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Restore (B, 3, h, w), sides multiples of `multiple_of`."""
        restored: Tensor = self.unet(lq)
        return restored
