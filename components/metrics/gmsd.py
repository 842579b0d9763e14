"""Gradient magnitude similarity deviation: how unevenly the gradients of two images disagree.

On luminance, averaged over 2 x 2 pixels and taken at every second: gradient magnitudes g by Prewitt's
3 x 3 filters, similarity q = (2 g_x g_y + T) / (g_x^2 + g_y^2 + T) at each pixel, T = 170 for values
up to 255; the metric is the standard deviation of q. Beyond the borders lie zeros, as in the authors'
MATLAB code; a border that is bright on both sides therefore agrees strongly, and counts. Images of three
channels are turned to grey by MATLAB's weights, not rounded.

Source: Xue, Zhang, Mou, Bovik, IEEE TIP 2014, https://doi.org/10.1109/TIP.2013.2293423.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from components.errors import PairError
from components.pictures import colour, pair

UNIT = ""
HIGHER_IS_BETTER = False

_T = 170 / 255**2
_SHORTEST = 3  # leaves 2 x 2 pixels to deviate


def measure(restored: Tensor, gt: Tensor) -> Tensor:
    """Measure the gradient magnitude similarity deviation of each image.

    Args:
        restored: (B, C, H, W) in [0, 1], grey or RGB, sides of at least 3 pixels.
        gt: Same shape and range.

    Returns:
        (B,) float64, lower is better, 0 for equal images.

    Raises:
        PairError: shapes differ, values leave [0, 1], a side is too short, or C is not 1 or 3.

    Example:
        >>> flat = torch.full((1, 1, 8, 8), 0.5)
        >>> measure(flat, flat)
        tensor([0.], dtype=torch.float64)
    """
    pair.require_same_shape(restored, gt)
    pair.require_unit_range(restored, gt)
    if min(gt.shape[-2:]) < _SHORTEST:
        raise PairError(
            f"GMSD needs sides of at least {_SHORTEST} pixels, got {gt.shape[-2]}x{gt.shape[-1]}"
        )
    x, y = (_gradient(_luminance(image)) for image in (restored, gt))
    similarity = (2 * x * y + _T) / (x.square() + y.square() + _T)
    return similarity.flatten(1).std(dim=1)


def _luminance(image: Tensor) -> Tensor:
    """Give one channel, (B, 1, H, W) in double precision."""
    channels = image.shape[1]
    if channels not in {1, 3}:
        raise PairError(f"GMSD needs grey or RGB images, 1 or 3 channels, got {channels}")
    return colour.grey(image.double()) if channels == 3 else image.double()


def _gradient(image: Tensor) -> Tensor:
    """Give the gradient's magnitude at half size, (B, 1, ceil(H / 2), ceil(W / 2))."""
    height, width = image.shape[-2:]
    half = F.avg_pool2d(F.pad(image, (0, width % 2, 0, height % 2)), 2)
    padded = F.pad(half, (1, 1, 1, 1))
    across = _sum3(padded.mT).mT  # of three columns
    down = _sum3(padded)  # of three rows
    gradient_x = (down[..., 2:] - down[..., :-2]) / 3
    gradient_y = (across[..., 2:, :] - across[..., :-2, :]) / 3
    return torch.hypot(gradient_x, gradient_y)


def _sum3(image: Tensor) -> Tensor:
    """Sum every three rows that follow one another."""
    return image[..., :-2, :] + image[..., 1:-1, :] + image[..., 2:, :]
