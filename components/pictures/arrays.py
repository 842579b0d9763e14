"""A bridge to functions of scikit-image and SciPy: arrays one picture at a time, and what they ask for.

Source of the estimate of noise: J. Immerkaer, Fast noise variance estimation, Computer Vision and Image
Understanding 64 (1996), https://doi.org/10.1006/cviu.1996.0060.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

Array = NDArray[np.float64]

_LAPLACE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float64)
_REACH = 10  # of a point spread, pixels: 21 x 21, as blind super-resolution blurs


def each(images: Tensor, function: Callable[[Array], Array]) -> Tensor:
    """Apply a function of arrays to every image of a batch.

    Args:
        images: (B, 3, H, W) on any device; without data (`meta`), shapes alone are given back.
        function: (H, W, 3) float64 -> the same shape.

    Returns:
        (B, 3, H, W), of the type and on the device of `images`.
    """
    if images.is_meta:
        return images.clone()
    arrays = images.permute(0, 2, 3, 1).double().cpu().numpy()
    done = np.stack([function(array) for array in arrays])
    return torch.from_numpy(done).permute(0, 3, 1, 2).to(images)


def by_channel(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Make a function of (H, W, 3) from one of (H, W), applied to each channel alone."""

    def apply(image: Array) -> Array:
        return np.stack([function(image[..., c]) for c in range(image.shape[2])], axis=2)

    return apply


def mirrored(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Let a function of (H, W) see the picture go on beyond its edges, mirrored.

    A deconvolution takes what lies beyond for zeros or for the opposite edge, and rings there.
    """
    margin = 2 * _REACH

    def apply(channel: Array) -> Array:
        return function(np.pad(channel, margin, mode="symmetric"))[margin:-margin, margin:-margin]

    return apply


def gaussian_spread(width: float) -> Array:
    """Give the point spread of an isotropic Gaussian blur: 21 x 21, sum 1.

    Args:
        width: Standard deviation, pixels, above 0.
    """
    offset = np.arange(-_REACH, _REACH + 1)
    line = np.exp(-((offset / width) ** 2) / 2)
    line /= line.sum()
    spread: Array = np.outer(line, line)
    return spread


def noise_level(image: Array) -> float:
    """Estimate the standard deviation of white noise, by Immerkaer's second differences.

    Args:
        image: (H, W, C), sides of at least 3 pixels; fine texture counts as noise.

    Returns:
        In the unit of `image`, mean over channels.
    """
    rough = ndimage.convolve(image, _LAPLACE[..., None])[1:-1, 1:-1]
    return float(math.sqrt(math.pi / 2) / 6 * np.abs(rough).mean())
