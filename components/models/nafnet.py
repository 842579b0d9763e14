"""NAFNet: a U-shaped network of blocks without activations, for any damage that keeps the size.

Encoder stages halve the sides and double the channels, decoder stages undo it; what the encoder had is
added, not concatenated; the network learns what to add to its input.

Source: Chen et al., "Simple Baselines for Image Restoration", ECCV 2022, https://arxiv.org/abs/2204.04676;
`w32` and `w64` with 1, 1, 1 and 28 blocks are its deblurring networks, 17,111,907 and 67,888,835 parameters.
"""

from typing import Annotated, Literal, Self

import torch.nn.functional as F
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor, nn

from components import models
from components.layers.naf import NafBlock
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
)
"""Regular expressions that turn the names in the authors' files into ours, in order."""


class Model(models.RestorationModel):
    """Head, stages down, middle, stages up, tail."""

    halo = 64  # channel attention sees all of a tile; further away the convolutions count little

    def __init__(self, params: Params) -> None:
        super().__init__()
        widths = [params.width * 2**level for level in range(len(params.encoder) + 1)]
        self.multiple_of = 2 ** len(params.encoder)
        self.head = nn.Conv2d(3, params.width, 3, padding=1)
        self.encoders = nn.ModuleList(
            _blocks(n, w) for n, w in zip(params.encoder, widths[:-1], strict=True)
        )
        self.downs = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.middle = _blocks(params.middle, widths[-1])
        self.ups = nn.ModuleList(nn.Conv2d(w, 2 * w, 1, bias=False) for w in widths[:0:-1])
        self.decoders = nn.ModuleList(
            _blocks(n, w) for n, w in zip(params.decoder, widths[-2::-1], strict=True)
        )
        self.tail = nn.Conv2d(params.width, 3, 3, padding=1)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Restore (B, 3, h, w), sides multiples of `multiple_of`."""
        restored: Tensor = lq + self.tail(self.features(lq))
        return restored

    def features(self, lq: Tensor) -> Tensor:
        """Give the maps before the last convolution, (B, width, h, w)."""
        x: Tensor = self.head(lq)
        skips = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            x = encoder(x)
            skips.append(x)
            x = down(x)
        x = self.middle(x)
        for up, decoder, skip in zip(self.ups, self.decoders, reversed(skips), strict=True):
            x = decoder(F.pixel_shuffle(up(x), 2) + skip)
        return x


def _blocks(count: int, width: int) -> nn.Sequential:
    return nn.Sequential(*(NafBlock(width) for _ in range(count)))
