"""Convolutions of pictures: with a kernel per picture, or with one profile along both axes."""

import functools
import math
from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from components.errors import PictureError

Border = Literal["reflect", "fold", "replicate", "constant"]

# A CPU convolves 16 groups at once; strips of the pictures make their number a multiple of it.
_LANES = 16

# Rows or columns at a time: few enough to leave out most of a matrix that is zero away from its
# diagonal, enough for a fast product.
_STRIP = 64


def convolve(image: Tensor, kernel: Tensor, *, border: Border = "reflect") -> Tensor:
    """Filter every picture with its own kernel, all channels alike.

    Args:
        image: (B, C, H, W); the batch may be empty.
        kernel: (B, h, w) of odd sides, not flipped: the value at offset p weighs the pixel at p.
        border: What lies outside: the mirrored picture (once, or as often as it takes), its edge, or
            zero.

    Returns:
        (B, C, H, W) of the image's type; a picture's values do not depend on its company.

    Raises:
        PictureError: a reflected border needs sides larger than half the kernel.
    """
    b, c, h, w = image.shape
    if not b:
        return image
    rows, columns = (side // 2 for side in kernel.shape[-2:])
    padded = _pad(image, rows, columns, border).flatten(0, 1)
    # Batch, channels and strips into groups: one convolution for B different kernels.
    strips = min(_LANES // math.gcd(b * c, _LANES), max(h // _LANES, 1))
    tall = -(-h // strips)
    padded = F.pad(padded, (0, 0, 0, strips * tall - h))
    parts = padded.unfold(1, tall + 2 * rows, tall).mT
    parts = parts.reshape(1, -1, tall + 2 * rows, w + 2 * columns)
    weight = kernel.to(image.dtype).repeat_interleave(c * strips, dim=0).unsqueeze(1)
    filtered = F.conv2d(parts, weight, groups=len(weight))  # (1, B C strips, tall, W)
    return filtered.view(b, c, strips * tall, w)[:, :, :h]


def _pad(image: Tensor, rows: int, columns: int, border: Border) -> Tensor:
    """Surround pictures by what lies outside."""
    height, width = image.shape[-2:]
    small = height <= rows or width <= columns
    if border == "fold" and small:
        y = _mirror(torch.arange(-rows, height + rows, device=image.device), height)
        x = _mirror(torch.arange(-columns, width + columns, device=image.device), width)
        return image.index_select(-2, y).index_select(-1, x)
    if border == "reflect" and small:
        reach = max(rows, columns)
        raise PictureError(
            f"a blur of reach {reach} needs sides above {reach} pixels, got {height}x{width}"
        )
    mode = "reflect" if border == "fold" else border
    return F.pad(image, (columns, columns, rows, rows), mode=mode)


def smooth(image: Tensor, width: float, *, reach: int) -> Tensor:
    """Blur all pictures with one Gaussian, along rows and columns in turn.

    Args:
        image: (B, C, H, W).
        width: Standard deviation, pixels.
        reach: Where the Gaussian is cut off, pixels; beyond the borders the picture is mirrored, as
            often as it takes.

    Returns:
        (B, C, H, W) of the image's type.

    Example:
        >>> smooth(torch.ones(1, 1, 2, 3), 8.0, reach=25).mean()
        tensor(1.)
    """
    rows, columns = (
        _banded(side, width, reach, image.dtype, image.device) for side in image.shape[-2:]
    )
    return _down(rows, _along(columns, image, reach), reach)


def _along(matrix: Tensor, image: Tensor, reach: int) -> Tensor:
    """Multiply every row by a banded matrix, strip by strip."""
    flat = image.reshape(-1, len(matrix))  # (B C H, W)
    strips = [flat[:, used] @ matrix[made, used].T for made, used in _strips(len(matrix), reach)]
    return torch.cat(strips, dim=1).view(image.shape)


def _down(matrix: Tensor, image: Tensor, reach: int) -> Tensor:
    """Multiply every column by a banded matrix, strip by strip."""
    flat = image.flatten(0, 1)  # (B C, H, W)
    strips = [matrix[made, used] @ flat[:, used] for made, used in _strips(len(matrix), reach)]
    return torch.cat(strips, dim=1).view(image.shape)


def _strips(side: int, reach: int) -> Iterator[tuple[slice, slice]]:
    """Yield what is made at a time, and what it is made of."""
    for start in range(0, side, _STRIP):
        stop = min(start + _STRIP, side)
        yield slice(start, stop), slice(max(start - reach, 0), stop + reach)


@functools.lru_cache(maxsize=32)
def _banded(
    side: int, width: float, reach: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Write a Gaussian filter along one side as a matrix (side, side)."""
    with torch.inference_mode(mode=False):  # training may use what an evaluation cached
        offset = torch.arange(-reach, reach + 1)
        weight = torch.exp(-0.5 * (offset.double() / width).square())
        position = _mirror(torch.arange(side)[:, None] + offset, side)
        matrix = torch.zeros(side, side, dtype=torch.float64)
        matrix.scatter_add_(1, position, (weight / weight.sum()).expand(side, -1))
        return matrix.to(device, dtype)


def _mirror(position: Tensor, side: int) -> Tensor:
    """Fold positions beyond the borders back, edge pixels once: ..., 2, 1, 0, 1, 2, ..."""
    if side == 1:
        return torch.zeros_like(position)
    folded = position.remainder(2 * side - 2)
    return torch.minimum(folded, 2 * side - 2 - folded)
