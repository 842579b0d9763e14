"""Bicubic resizing as MATLAB's imresize does it, the field's own way of making and enlarging LR.

Each side is resized by one matrix of weights: Keys' cubic kernel with a = -1/2, stretched by the
factor when shrinking (antialiasing), borders mirrored with the edge pixel repeated, each row of
weights divided by its sum. PyTorch's and Pillow's bicubic agree with this inside a picture, but
leave out what lies beyond the borders instead of mirroring: up to 11 grey levels of 255 apart there.

Source: R. G. Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 1981,
https://doi.org/10.1109/TASSP.1981.1163711; MATLAB's documentation of imresize, "Antialiasing".
"""

import functools
import math
from typing import NamedTuple

import torch
from torch import Tensor

# Keys' kernel is zero beyond two pixels on either side.
_SUPPORT = 4

_SPAN = 32  # pixels that a block of the matrix moves on by; most of the rest of it is zero


def resize(image: Tensor, height: int, width: int) -> Tensor:
    """Resize images by MATLAB's antialiased bicubic.

    The factor of each side is output over input. For a factor given first, MATLAB rounds the output
    side up: ceil(side * factor).

    Args:
        image: (B, C, h, w), float32 or float64, on any device; any range.
        height: Rows wanted, at least 1.
        width: Columns wanted, at least 1.

    Returns:
        (B, C, height, width), same type, same device. The kernel has negative lobes: values may
        leave the range of the input a little; they are neither clipped nor rounded.

    Example:
        >>> ramp = torch.arange(16.0).view(1, 1, 1, 16)
        >>> resize(ramp, 1, 8)[0, 0, 0, 3:5]  # their centres lie at 6.5 and 8.5
        tensor([6.5000, 8.5000])
    """
    if image.is_meta:  # shapes alone, for counting; autocast knows no such device
        return _by_whole_matrices(image, height, width)
    with torch.autocast(image.device.type, enabled=False):  # bfloat16 weights keep two digits
        if image.device.type == "cpu":
            return _by_blocks(image, height, width)
        return _by_whole_matrices(image, height, width)  # a GPU has time for the zeros


def _by_whole_matrices(image: Tensor, height: int, width: int) -> Tensor:
    rows = _weights(image.shape[-2], height, image.dtype, image.device)
    columns = _weights(image.shape[-1], width, image.dtype, image.device)
    return rows @ image @ columns.mT


def _by_blocks(image: Tensor, height: int, width: int) -> Tensor:
    """Leave most of the zeros out: three to seven times faster on a CPU for sides of hundreds."""
    down = _blocks(image.shape[-2], height, image.dtype, image.device)
    across = _blocks(image.shape[-1], width, image.dtype, image.device)
    tall = torch.cat([b.weights @ image[..., b.span, :] for b in down], dim=-2)
    return torch.cat([tall[..., b.span] @ b.weights.mT for b in across], dim=-1)


class _Block(NamedTuple):
    """Some rows of a matrix of weights, without the columns in which they are zero.

    Attributes:
        span: The pixels of the input.
        weights: (rows, pixels).
    """

    span: slice
    weights: Tensor


@functools.lru_cache(maxsize=32)
def _blocks(
    length: int, wanted: int, dtype: torch.dtype, device: torch.device
) -> tuple[_Block, ...]:
    """Cut the matrix that resizes one side into blocks; a small one stays whole."""
    with torch.inference_mode(mode=False):
        matrix = _weights(length, wanted, dtype, device)
        rows = wanted if length <= 2 * _SPAN else max(8, _SPAN * wanted // length)
        return tuple(_block(part) for part in matrix.split(rows))


def _block(rows: Tensor) -> _Block:
    filled = rows.any(dim=0).nonzero().flatten().tolist()
    span = slice(filled[0], filled[-1] + 1)
    return _Block(span, rows[:, span].contiguous())


@functools.lru_cache(maxsize=32)
def _weights(length: int, wanted: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Give the matrix (wanted, length) that resizes one side."""
    with torch.inference_mode(mode=False):  # training may use what an evaluation cached
        shrink = max(length / wanted, 1.0)
        reach = _SUPPORT * shrink / 2
        centre = (torch.arange(wanted, dtype=torch.float64) + 0.5) * length / wanted - 0.5
        taps = torch.arange(math.ceil(2 * reach) + 2)
        position = (centre - reach).floor().long()[:, None] + taps  # (wanted, taps)
        weight = _keys((centre[:, None] - position) / shrink)
        weight /= weight.sum(dim=1, keepdim=True)
        matrix = torch.zeros(wanted, length, dtype=torch.float64)
        matrix.scatter_add_(1, _mirror(position, length), weight)
        return matrix.to(device, dtype)


def _keys(x: Tensor) -> Tensor:
    """Evaluate the cubic kernel with a = -1/2."""
    x = x.abs()
    near = (1.5 * x - 2.5) * x.square() + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x <= 1, near, torch.where(x <= 2, far, 0.0))


def _mirror(position: Tensor, length: int) -> Tensor:
    """Fold positions beyond the borders back: ..., 1, 0, 0, 1, ..., n-1, n-1, n-2, ..."""
    folded = position.remainder(2 * length)
    return torch.minimum(folded, 2 * length - 1 - folded)
