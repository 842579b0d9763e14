"""FSRCNN with depthwise-separable convolutions: super-resolution in one network per colour channel.

Each channel goes alone through: 5 x 5 to `channels` maps, shrink, `num_mappings` 3 x 3, expand, and a
transposed convolution of 9 x 9 that enlarges. Everything between the first and the last layer is a
depthwise convolution followed by a pointwise one, both with bias.

Sources: Dong et al., "Accelerating the Super-Resolution Convolutional Neural Network", ECCV 2016,
https://arxiv.org/abs/1608.00367, for the network; its separable form, one for each of red, green and
blue, is the teacher in the code of Mitheran et al., 2022, https://arxiv.org/abs/2207.11250, whose figure
says FSRCNN alone. Of ours, off by default: `shared`, one network for the three channels, and `skip: bicubic`,
which adds to the bicubically enlarged channel, so that an untrained network is bicubic enlargement.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from components import models
from components.parts import PartParams
from components.pictures.resize import resize

_KERNEL = 9  # of the layer that enlarges
_FIRST_SPREAD = 0.001  # standard deviation of its first weights


class Params(PartParams):
    """Parameters of FSRCNN; the defaults are the dehazing paper's teacher."""

    name: Literal["fsrcnn"] = "fsrcnn"
    scale: Literal[2, 3, 4] = Field(default=2, description="how many times larger the output is")
    channels: int = Field(default=56, ge=1, description="maps of the first layer, the paper's d")
    shrunk: int = Field(default=12, ge=1, description="maps of the mapping layers, the paper's s")
    num_mappings: int = Field(default=4, ge=0, description="mapping layers, the paper's m")
    shared: bool = Field(default=False, description="one network for red, green and blue")
    skip: Literal["none", "bicubic"] = Field(default="none", description="none: the paper's")


PRESETS: dict[str, Params] = {
    "teacher": Params(),
    "small": Params(channels=24, shrunk=8, num_mappings=2, shared=True, skip="bicubic"),
}

AUTHORS_NAMES = (
    (r"^teacher_R\.", "colours.0."),
    (r"^teacher_G\.", "colours.1."),
    (r"^teacher_B\.", "colours.2."),
    (r"\.first_part\.", ".first."),
    (r"\.mid_part\.", ".middle."),
    (r"\.last_part\.", ".last."),
)
"""Regular expressions that turn the names in the authors' files into ours, in order."""


class Model(models.RestorationModel):
    """A network per colour; the three images are put together again."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.scale = params.scale
        self.halo = 4 + params.num_mappings
        self.skip = params.skip == "bicubic"
        count = 1 if params.shared else 3
        self.colours = nn.ModuleList(Colour(params) for _ in range(count))

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Enlarge (B, 3, h, w) to (B, 3, h * scale, w * scale)."""
        colours = zip(self._networks(), lq.split(1, dim=1), strict=True)
        added = torch.cat([network(channel) for network, channel in colours], dim=1)
        if not self.skip:
            return added
        return added + resize(lq, lq.shape[-2] * self.scale, lq.shape[-1] * self.scale)

    def features(self, lq: Tensor) -> Tensor:
        """Give the maps before the last layer, those of red first: (B, 3 * channels, h, w)."""
        colours = zip(self._networks(), lq.split(1, dim=1), strict=True)
        return torch.cat([network.features(channel) for network, channel in colours], dim=1)

    def _networks(self) -> "list[Colour]":
        networks = [network for network in self.colours if isinstance(network, Colour)]
        return networks * (3 // len(networks))


class Colour(nn.Module):
    """The network of one channel."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        d, s = params.channels, params.shrunk
        self.first = nn.Sequential(nn.Conv2d(1, d, 5, padding=2), nn.PReLU(d))
        middle: list[nn.Module] = [Separable(d, s, 1), nn.PReLU(s)]
        for _ in range(params.num_mappings):
            middle += [Separable(s, s, 3), nn.PReLU(s)]
        middle += [Separable(s, d, 1), nn.PReLU(d)]
        self.middle = nn.Sequential(*middle)
        self.last = nn.ConvTranspose2d(
            d,
            1,
            _KERNEL,
            stride=params.scale,
            padding=_KERNEL // 2,
            output_padding=params.scale - 1,
        )
        nn.init.normal_(self.last.weight, std=_FIRST_SPREAD)
        self.last.bias = nn.Parameter(torch.zeros(1))

    def forward(self, channel: Tensor) -> Tensor:
        """(B, 1, h, w) -> (B, 1, h * scale, w * scale)."""
        enlarged: Tensor = self.last(self.features(channel))
        return enlarged

    def features(self, channel: Tensor) -> Tensor:
        """(B, 1, h, w) -> (B, channels, h, w)."""
        maps: Tensor = self.middle(self.first(channel))
        return maps


class Separable(nn.Module):
    """A depthwise convolution, then a pointwise one."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, kernel, padding=kernel // 2, groups=inputs)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W)."""
        y: Tensor = self.pointwise(self.depthwise(x))
        return y
