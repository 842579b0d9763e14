"""A U-shaped network of dense blocks without normalisation, and the mask network made of it.

The encoder has four levels of 1, 1/2, 1/4 and 1/8 of the sides. Level l gives a tap `e1` .. `e4`, the features
that a student of the same shape can be compared with.

Source: our design for Suin et al., IEEE JSTSP 2021, https://doi.org/10.1109/JSTSP.2020.3043622, whose text and
code we could not have. The abstract fixes a network that predicts where an image is degraded; its
shape follows the authors' later SPAIR (https://arxiv.org/abs/2108.08617).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Widths = tuple[int, int, int, int]
"""Channels of the four levels, the finest first."""

REDUCTION = 8
"""Sides must be multiples of this."""


class DenseBlock(nn.Module):
    """Three convolutions that each see all before them, a 1 x 1 that gathers, and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        growth = channels // 2
        self.convs = nn.ModuleList(conv3(channels + k * growth, growth) for k in range(3))
        self.gather = nn.Conv2d(channels + 3 * growth, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        seen = [x]
        for conv in self.convs:
            seen.append(conv(torch.cat(seen, dim=1)).relu())
        y: Tensor = self.gather(torch.cat(seen, dim=1)) + x
        return y


class Up(nn.Module):
    """Double the sides, and take in the encoder's features of that level."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enlarge = nn.Conv2d(inputs, 4 * outputs, 1)
        self.merge = nn.Conv2d(2 * outputs, outputs, 1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(B, inputs, H, W) and (B, outputs, 2H, 2W) -> (B, outputs, 2H, 2W)."""
        enlarged = F.pixel_shuffle(self.enlarge(x), 2)
        merged: Tensor = self.merge(torch.cat((enlarged, skip), dim=1)).relu()
        return merged


class Encoder(nn.Module):
    """RGB to features of four levels, two dense blocks each."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        befores = (3, *widths[:-1])
        self.downs = nn.ModuleList(
            conv3(before, width, stride=1 if level == 0 else 2)
            for level, (before, width) in enumerate(zip(befores, widths, strict=True))
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(DenseBlock(width), DenseBlock(width)) for width in widths
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """(B, 3, H, W), sides multiples of 8 -> (B, C_l, H / 2^l, W / 2^l) for l = 0 .. 3."""
        taps, x = [], image
        for down, block in zip(self.downs, self.blocks, strict=True):
            x = block(down(x).relu())
            taps.append(x)
        return taps


class MaskNet(nn.Module):
    """Predict where an image is degraded."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.encoder = Encoder(widths)
        coarse_to_fine = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.ups = nn.ModuleList(Up(inputs, outputs) for inputs, outputs in coarse_to_fine)
        self.blocks = nn.ModuleList(DenseBlock(outputs) for _, outputs in coarse_to_fine)
        self.head = conv3(widths[0], 1)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W), sides multiples of 8 -> logits (B, 1, H, W); above 0: degraded."""
        return self.decode(self.encoder(image))

    def decode(self, taps: list[Tensor]) -> Tensor:
        """Turn the encoder's taps into logits, (B, 1, H, W)."""
        *skips, x = taps
        for up, block, skip in zip(self.ups, self.blocks, reversed(skips), strict=True):
            x = block(up(x, skip))
        logits: Tensor = self.head(x)
        return logits


def conv3(inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """Make a 3 x 3 convolution that keeps the size, or halves it with a stride of 2."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=dilation, dilation=dilation)
