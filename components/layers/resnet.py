"""Stages of a residual network, in the order and with the names of torchvision's.

Source: He et al., CVPR 2016, https://arxiv.org/abs/1512.03385; the stride of a bottleneck stands on its 3 x 3
convolution, as in torchvision, so that published weights fit by name.
"""

from typing import Literal

from torch import Tensor, nn

Kind = Literal["basic", "bottleneck"]
EXPANSION: dict[Kind, int] = {"basic": 1, "bottleneck": 4}
"""Output channels of a block over its inner width."""


def stage(kind: Kind, inputs: int, width: int, *, blocks: int, stride: int) -> nn.Sequential:
    """Make a stage: the first block strides and projects its skip where the shape changes.

    Args:
        kind: Of the blocks.
        inputs: Channels that come in.
        width: Inner channels; the stage gives `width * EXPANSION[kind]`.
        blocks: At least 1.
        stride: Of the first block.
    """
    outputs = width * EXPANSION[kind]
    make = Bottleneck if kind == "bottleneck" else Basic
    first = make(inputs, width, stride)
    return nn.Sequential(first, *(make(outputs, width, 1) for _ in range(blocks - 1)))


class Basic(nn.Module):
    """Two 3 x 3 convolutions and a skip."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _projection(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, width, H / stride, W / stride)."""
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y))
        added: Tensor = (y + (x if self.downsample is None else self.downsample(x))).relu()
        return added


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3, 1 x 1, and a skip."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * EXPANSION["bottleneck"]
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _projection(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, 4 * width, H / stride, W / stride)."""
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        y = self.bn3(self.conv3(y))
        added: Tensor = (y + (x if self.downsample is None else self.downsample(x))).relu()
        return added


def _projection(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    if inputs == outputs and stride == 1:
        return None
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
    )
