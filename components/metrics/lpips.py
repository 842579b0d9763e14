"""Learned perceptual image patch similarity (LPIPS 0.1): distances of deep features, weighed by people.

Features of AlexNet (or VGG-16) are divided by their length at each place; the squared differences are
averaged over places, summed over channels by learned weights, and summed over five layers. Papers on
perceptual super-resolution use AlexNet unless they say VGG.

Both weights are files of others: the network's from torchvision (see `backbones/stacks.py`), the
channels' from https://github.com/richzhang/PerceptualSimilarity, lpips/weights/v0.1/ (BSD-2-Clause):
alex.pth (sha256 df73285e) and vgg.pth (a78928a0).

Source: Zhang, Isola, Efros, Shechtman, Wang, CVPR 2018, https://arxiv.org/abs/1801.03924.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from components.backbones import stacks, weights
from components.backbones.weights import Weights
from components.errors import CheckpointError
from components.parts import PartParams
from components.pictures import pair

# Of the authors' scaling layer, for values in [-1, 1]; twice torchvision's, up to rounding.
_MEAN = (-0.030, -0.088, -0.188)
_DEVIATION = (0.458, 0.448, 0.450)
_LEAST_LENGTH = 1e-10


class Params(PartParams):
    """Parameters of LPIPS."""

    name: Literal["lpips"] = "lpips"
    network: Literal["alex", "vgg"] = "alex"
    backbone: Weights = Field(description="of the network, with torchvision's names")
    heads: Weights = Field(description="of the channels, with the authors' names")


class Metric:
    """LPIPS with published weights.

    Raises:
        CheckpointError: weights are missing, damaged, or of another network.
    """

    UNIT = ""
    HIGHER_IS_BETTER = False

    def __init__(self, params: Params) -> None:
        self.stack = stacks.alexnet() if params.network == "alex" else stacks.vgg16()
        weights.fill(self.stack, params.backbone)
        self.heads = _heads(params.heads, self.stack.channels)

    @torch.inference_mode()
    def measure(self, restored: Tensor, gt: Tensor) -> Tensor:
        """Measure the perceptual distance of each image.

        The network runs in single precision, distances are averaged in double.

        Args:
            restored: (B, 3, H, W), RGB in [0, 1]; sides of at least 31 pixels (vgg: 16).
            gt: Same shape and range.

        Returns:
            (B,) float64, lower is better, 0 for equal images.

        Raises:
            PairError: shapes differ, values leave [0, 1], no RGB, or a side is too short.
        """
        pair.require_same_shape(restored, gt)
        pair.require_unit_range(restored, gt)
        self.stack.require_picture(gt, "LPIPS")
        stack = self.stack.to(gt.device)
        seen = (stacks.normalise(2 * image - 1, _MEAN, _DEVIATION) for image in (restored, gt))
        distance = torch.zeros(len(gt), dtype=torch.float64, device=gt.device)
        for x, y, head in zip(*(stack(image) for image in seen), self.heads, strict=True):
            difference = (_unit(x) - _unit(y)).square().mean(dim=(2, 3), dtype=torch.float64)
            distance += difference @ head.to(gt.device)  # (B, C) @ (C,)
        return distance


def _unit(features: Tensor) -> Tensor:
    """Divide the features of each place by their length."""
    length: Tensor = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / (length + _LEAST_LENGTH)


def _heads(published: Weights, channels: tuple[int, ...]) -> list[Tensor]:
    """Read the weights of the channels, a (C,) float64 a layer."""
    state = weights.read(published)
    heads = []
    for layer, width in enumerate(channels):
        name = f"lin{layer}.model.1.weight"
        if name not in state or state[name].shape != (1, width, 1, 1):
            raise CheckpointError(f"{published.source}: needs {name} of shape (1, {width}, 1, 1)")
        heads.append(state[name].flatten().double())
    return heads
