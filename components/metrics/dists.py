"""Deep image structure and texture similarity (DISTS): SSIM's two factors on features of VGG-16.

For the image itself and five layers of VGG-16, in which a Hanning window takes the place of maximum
pooling: the means over places say texture, the covariances structure; 1 - DISTS sums both over channels
by learned weights. The authors shrink images to a shorter side of 256 pixels before; a protocol that
wants so has to.

Both weights are files of others: VGG-16's from torchvision (see `backbones/stacks.py`), the channels'
from https://github.com/dingkeyan93/DISTS, DISTS_pytorch/weights.pt (MIT, sha256 f5e65c96).

Source: Ding, Ma, Wang, Simoncelli, TPAMI 2020, https://arxiv.org/abs/2004.07728.
"""

from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from components.backbones import stacks, weights
from components.backbones.weights import Weights
from components.errors import CheckpointError
from components.parts import PartParams
from components.pictures import pair

_C = 1e-6  # of both fractions
_LEAST_POWER = 1e-12


class Params(PartParams):
    """Parameters of DISTS."""

    name: Literal["dists"] = "dists"
    backbone: Weights = Field(description="of VGG-16, with torchvision's names")
    heads: Weights = Field(description="of the channels: alpha for texture, beta for structure")


class Metric:
    """DISTS with published weights.

    Raises:
        CheckpointError: weights are missing, damaged, or of another network.
    """

    UNIT = ""
    HIGHER_IS_BETTER = False

    def __init__(self, params: Params) -> None:
        self.stack = stacks.vgg16(_Pool)
        weights.fill(self.stack, params.backbone)
        self.heads = _heads(params.heads, (3, *self.stack.channels))

    @torch.inference_mode()
    def measure(self, restored: Tensor, gt: Tensor) -> Tensor:
        """Measure the distance in structure and texture of each image.

        The network runs in single precision, means and covariances are taken in double.

        Args:
            restored: (B, 3, H, W), RGB in [0, 1]; sides of at least 16 pixels.
            gt: Same shape and range.

        Returns:
            (B,) float64, lower is better, 0 for equal images.

        Raises:
            PairError: shapes differ, values leave [0, 1], no RGB, or a side is too short.
        """
        pair.require_same_shape(restored, gt)
        pair.require_unit_range(restored, gt)
        self.stack.require_picture(gt, "DISTS")
        stack = self.stack.to(gt.device)
        distance = torch.zeros(len(gt), dtype=torch.float64, device=gt.device)
        layers = zip(_layers(stack, restored), _layers(stack, gt), self.heads, strict=True)
        for x, y, head in layers:
            texture, structure = head.to(gt.device)  # each (C,)
            unlike_texture, unlike_structure = _unlike(x.double(), y.double())
            distance += unlike_texture @ texture + unlike_structure @ structure
        return distance


class _Pool(nn.Module):
    """Halve the sides by the root of the mean power under a 3 x 3 Hanning window."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        line = torch.tensor([0.5, 1.0, 0.5])
        window = line.outer(line) / line.sum() ** 2
        self.register_buffer("window", window.repeat(channels, 1, 1, 1), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        window = self.get_buffer("window")
        power = F.conv2d(features.square(), window, stride=2, padding=1, groups=len(window))
        return (power + _LEAST_POWER).sqrt()


def _layers(stack: stacks.Stack, image: Tensor) -> Iterator[Tensor]:
    """Yield the image, then its features."""
    yield image
    yield from stack(stacks.normalise(image, stacks.MEAN, stacks.DEVIATION))


def _unlike(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Give one minus the similarities of texture and of structure, each (B, C), 0 for equal features."""
    mean_x, mean_y = (features.mean(dim=(2, 3), keepdim=True) for features in (x, y))
    x, y = x - mean_x, y - mean_y
    power = (x.square() + y.square()).mean(dim=(2, 3))
    structure = (x - y).square().mean(dim=(2, 3)) / (power + _C)
    levels = mean_x.square() + mean_y.square()
    texture = (mean_x - mean_y).square() / (levels + _C)
    return texture.flatten(1), structure


def _heads(published: Weights, channels: tuple[int, ...]) -> list[Tensor]:
    """Read the weights of the channels, (2, C) float64 a layer, of sum one over all layers."""
    state = weights.read(published)
    for name in ("alpha", "beta"):
        if name not in state or state[name].numel() != sum(channels):
            raise CheckpointError(f"{published.source}: needs {name} of {sum(channels)} numbers")
    heads = torch.stack([state[name].flatten().double() for name in ("alpha", "beta")])
    return list((heads / heads.sum()).split(channels, dim=1))
