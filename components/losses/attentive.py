"""Attentive feature distillation: match a teacher's features where, and in the channels that, matter.

With T the teacher's features standardised per channel, r(S) the student's brought to as many channels,
w weights of channels that sum to 1 and a weights of places with mean 1,

    loss = mean over samples of sum_c w_c mean_p a(p) (r(S)_c(p) - T_c(p))^2

`by_region` gives weights for a teacher that knows regions: channels that go with the mask, places in it.
Weights must not be learned by descending this loss: it falls as they go to the channels that are trivial.

Source: our formula for Suin et al., IEEE JSTSP 2021, https://doi.org/10.1109/JSTSP.2020.3043622 ("attentive
knowledge distillation", whose text we could not have), after what the same authors describe at ICCV 2021 and
Jang et al., "Learning What and Where to Transfer", ICML 2019, https://arxiv.org/abs/1905.05901.
"""

from typing import NamedTuple

import torch
from torch import Tensor

_SHARPNESS = 0.1  # temperature of the softmax over correlations
_EPSILON = 1e-6


class Emphasis(NamedTuple):
    """What counts: channels, (B, C), sum 1; places, (B, 1, H, W), mean 1."""

    channels: Tensor
    places: Tensor


def loss(student: Tensor, teacher: Tensor, emphasis: Emphasis) -> Tensor:
    """Measure how far features are apart where it counts.

    Args:
        student: (B, C, H, W), adapted to the teacher's channels.
        teacher: (B, C, H, W), standardised; detached.
        emphasis: What counts; gradients reach it.

    Returns:
        Scalar, 0 for equal features, lower is better.

    Example:
        >>> ones = torch.ones(1, 2, 1, 1)
        >>> loss(3 * ones, ones, evenly(ones))
        tensor(4.)
    """
    squares = (student - teacher.detach()).square() * emphasis.places
    return (emphasis.channels * squares.mean(dim=(2, 3))).sum(dim=1).mean()


def evenly(teacher: Tensor) -> Emphasis:
    """Let every channel and every place of (B, C, H, W) count the same."""
    b, c, h, w = teacher.shape
    return Emphasis(teacher.new_full((b, c), 1 / c), teacher.new_ones(b, 1, h, w))


def by_region(teacher: Tensor, mask: Tensor) -> Emphasis:
    """Let channels count that go with the mask, and places inside it twice as much as outside.

    Args:
        teacher: (B, C, H, W).
        mask: (B, 1, H, W) in [0, 1].

    Returns:
        Channels: softmax of |correlation with the mask| over 0.1; places: (1 + mask) over its mean.
        A flat mask correlates with nothing, and all channels count the same.
    """
    centred = teacher - teacher.mean(dim=(2, 3), keepdim=True)
    region = mask - mask.mean(dim=(2, 3), keepdim=True)
    together = (centred * region).sum(dim=(2, 3))  # (B, C)
    apart = (centred.square().sum(dim=(2, 3)) * region.square().sum(dim=(2, 3))).sqrt()
    correlation = together / (apart + _EPSILON)
    channels = (correlation.abs() / _SHARPNESS).softmax(dim=1).detach()
    places = (1 + mask) / (1 + mask).mean(dim=(2, 3), keepdim=True)
    return Emphasis(channels, places.detach())


def standardise(features: Tensor) -> Tensor:
    """Bring every channel of a batch to mean 0 and deviation 1, (B, C, H, W) -> the same.

    The batch's own mean and deviation are used; a channel that never changes becomes 0.
    """
    mean = features.mean(dim=(0, 2, 3), keepdim=True)
    deviation = features.std(dim=(0, 2, 3), keepdim=True, correction=0)
    return torch.where(deviation > _EPSILON, (features - mean) / (deviation + _EPSILON), 0.0)
