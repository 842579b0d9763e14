"""FFA: dehazing at full resolution by residual groups under channel and pixel attention.

Three groups run in series; their outputs are summed under weights drawn from all of them. Nothing is
scaled down, so that few parameters mean many operations: 93.7 thousand multiply-adds a pixel for the
student of 96 thousand parameters.

A peculiarity of the authors' code is kept, for their weights rest on it: the input is normalised, and
the normalised input is what the last addition adds; the last convolutions learn to undo it.

A departure of ours, off by default, is `skip: plain`: the input itself is added, and the last convolution
starts at zero. The untrained network then gives its input, from which a small one improves within minutes.

Channel attention pools over the image that it is given. Tiles are therefore not exactly the whole image;
they differ by what the mean colour of a tile differs from that of the image.

Sources: Qin et al., "FFA-Net: Feature Fusion Attention Network for Single Image Dehazing", AAAI 2020,
https://arxiv.org/abs/1911.07559 (`FFA-Net`); Mitheran et al., "Rich Feature Distillation with Feature
Affinity Module for Efficient Image Dehazing", 2022, https://arxiv.org/abs/2207.11250 (`student`, as its
authors' code; the paper's figure leaves out the attention over the groups).
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from components import models
from components.parts import PartParams

# Means and deviations of hazy indoor pictures, RGB; the authors' constants.
_MEAN = (0.64, 0.60, 0.58)
_DEVIATION = (0.14, 0.15, 0.152)
_SQUEEZE = 8  # channels over the attentions' inner channels
_FUSION_SQUEEZE = 16


class Params(PartParams):
    """Parameters of FFA; the defaults are the distilled student's."""

    name: Literal["ffa"] = "ffa"
    channels: int = Field(default=16, ge=8, description="feature maps")
    num_groups: int = Field(default=3, ge=1, description="groups in series")
    num_blocks: int = Field(default=6, ge=1, description="attention blocks in a group")
    skip: Literal["normalised", "plain"] = Field(
        default="normalised", description="normalised: the paper's; plain: start as the input"
    )


PRESETS: dict[str, Params] = {
    "student": Params(),
    "FFA-Net": Params(channels=64, num_blocks=19),
    "small": Params(channels=16, num_groups=2, num_blocks=2, skip="plain"),
}

AUTHORS_NAMES = (
    (r"^(module|student)\.", ""),
    (r"^pre\.0\.", "head."),
    (r"^g(\d)\.gp\.", lambda found: f"groups.{int(found[1]) - 1}.body."),
    (r"\.calayer\.ca\.", ".channel."),
    (r"\.palayer\.pa\.", ".pixel."),
    (r"^ca\.", "fusion."),
    (r"^palayer\.pa\.", "pixel."),
    (r"^post\.", "tail."),
)
"""Regular expressions that turn the names in the authors' files into ours, in order."""


class Model(models.RestorationModel):
    """Head, groups, fusion, tail; `features` is what the tail gets."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, params: Params) -> None:
        super().__init__()
        c = params.channels
        # One pixel for each 3x3 convolution on the way.
        self.halo = params.num_groups * (2 * params.num_blocks + 1) + 3
        self.head = _conv(3, c)
        self.groups = nn.ModuleList(Group(c, params.num_blocks) for _ in range(params.num_groups))
        fused = c * params.num_groups
        self.fusion = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(fused, max(1, c // _FUSION_SQUEEZE), 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(max(1, c // _FUSION_SQUEEZE), fused, 1),
            nn.Sigmoid(),
        )
        self.pixel = _pixel_attention(c)
        self.tail = nn.Sequential(_conv(c, c), _conv(c, 3))
        self.plain = params.skip == "plain"
        if self.plain:
            for parameter in self.tail[1].parameters():
                nn.init.zeros_(parameter)
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(3, 1, 1), persistent=False)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Restore (B, 3, h, w) of any size."""
        return self.finish(lq, self.features(lq))

    def features(self, lq: Tensor) -> Tensor:
        """Give the maps before the last two convolutions, (B, channels, h, w)."""
        inner = self.head(self._normalised(lq))
        outputs = []
        for group in self.groups:
            inner = group(inner)
            outputs.append(inner)
        weights = self.fusion(torch.cat(outputs, dim=1)).chunk(len(outputs), dim=1)  # (B, C, 1, 1)
        fused = torch.stack([w * o for w, o in zip(weights, outputs, strict=True)]).sum(dim=0)
        attended: Tensor = fused * self.pixel(fused)
        return attended

    def finish(self, lq: Tensor, features: Tensor) -> Tensor:
        """Turn what `features` gave for `lq` into the restored image, (B, 3, h, w)."""
        restored: Tensor = self.tail(features) + (lq if self.plain else self._normalised(lq))
        return restored

    def _normalised(self, lq: Tensor) -> Tensor:
        return (lq - self.mean) / self.deviation


class Group(nn.Module):
    """Blocks, a convolution, and a skip around them."""

    def __init__(self, channels: int, num_blocks: int) -> None:
        super().__init__()
        blocks = [Block(channels) for _ in range(num_blocks)]
        self.body = nn.Sequential(*blocks, _conv(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        y: Tensor = self.body(x) + x
        return y


class Block(nn.Module):
    """Two convolutions with a skip around each, the second under both attentions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _conv(channels, channels)
        self.conv2 = _conv(channels, channels)
        self.channel = nn.Sequential(
            nn.Conv2d(channels, channels // _SQUEEZE, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // _SQUEEZE, channels, 1),
            nn.Sigmoid(),
        )
        self.pixel = _pixel_attention(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        y = self.conv2(self.conv1(x).relu() + x)
        y = y * self.channel(y.mean(dim=(2, 3), keepdim=True))
        attended: Tensor = y * self.pixel(y) + x
        return attended


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _pixel_attention(channels: int) -> nn.Sequential:
    """Weigh positions: (B, C, H, W) -> (B, 1, H, W) in (0, 1)."""
    return nn.Sequential(
        nn.Conv2d(channels, channels // _SQUEEZE, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels // _SQUEEZE, 1, 1),
        nn.Sigmoid(),
    )
