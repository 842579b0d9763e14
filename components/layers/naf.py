"""The block of NAFNet: no activation but the product of two halves.

Source: Chen et al., "Simple Baselines for Image Restoration", ECCV 2022, https://arxiv.org/abs/2204.04676.
"""

import torch
from torch import Tensor, nn

_EPSILON = 1e-6


class LayerNorm(nn.Module):
    """Bring the channels of every pixel to mean 0 and variance 1, then scale and shift each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return normalised(x) * self.weight.view(-1, 1, 1) + self.bias.view(-1, 1, 1)


class NafBlock(nn.Module):
    """Depthwise convolution under channel attention, then a pointwise part, each behind a scaled skip.

    Both scales start at 0: an untrained block gives its input.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        c = channels
        self.norm1 = LayerNorm(c)
        self.conv1 = nn.Conv2d(c, 2 * c, 1)
        self.conv2 = nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.attend = nn.Conv2d(c, c, 1)
        self.conv3 = nn.Conv2d(c, c, 1)
        self.norm2 = LayerNorm(c)
        self.conv4 = nn.Conv2d(c, 2 * c, 1)
        self.conv5 = nn.Conv2d(c, c, 1)
        self.beta = nn.Parameter(torch.zeros(1, c, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, c, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        u = gate(self.conv2(self.conv1(self.norm1(x))))
        u = u * self.attend(u.mean(dim=(2, 3), keepdim=True))
        y = x + self.beta * self.conv3(u)
        restored: Tensor = y + self.gamma * self.conv5(gate(self.conv4(self.norm2(y))))
        return restored


def normalised(x: Tensor) -> Tensor:
    """Bring the channels of every pixel of (B, C, H, W) to mean 0 and variance 1."""
    mean = x.mean(dim=1, keepdim=True)
    variance = x.var(dim=1, keepdim=True, correction=0)
    return (x - mean) / (variance + _EPSILON).sqrt()


def gate(x: Tensor) -> Tensor:
    """Multiply the first half of the channels by the second, (B, 2C, H, W) -> (B, C, H, W)."""
    first, second = x.chunk(2, dim=1)
    return first * second
