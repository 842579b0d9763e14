"""Blur kernels by formula: Gaussian, generalised Gaussian, plateau, sinc.

At offset p from the centre, with q = p' S^-1 p and S = R(angle) diag(w1^2, w2^2) R':

    Gaussian      exp(-q / 2)
    generalised   exp(-q^shape / 2)       heavy tails under shape 1, a flat top above
    plateau       1 / (1 + q^shape)
    sinc          c J1(c |p|) / (2 pi |p|)   the ideal low-pass of cutoff c: rings as sharpening does

each over its sum.

Source: Real-ESRGAN (ICCVW 2021, https://arxiv.org/abs/2107.10833), section 3; generalised and plateau:
Liu et al., Estimating generalized Gaussian blur kernels for out-of-focus image deblurring, TCSVT 2020.
"""

import math

import torch
from torch import Tensor

# Below this width the kernel is a single 1 in float32; it also keeps the inverse finite at width 0.
_MIN_WIDTH = 1e-3


def gaussian_kernel(width: Tensor, second: Tensor, angle: Tensor, *, pixels: int) -> Tensor:
    """Make kernels of sum 1.

    Args:
        width: Standard deviations along the first axis, (B,), pixels, 0 for no blur.
        second: The same along the second axis, (B,).
        angle: Direction of the first axis, (B,), degrees, from x towards y.
        pixels: Side of the kernel, odd.

    Returns:
        (B, pixels, pixels) in the dtype of `width`.

    Example:
        >>> one = torch.ones(1)
        >>> gaussian_kernel(0 * one, 0 * one, 0 * one, pixels=3)[0, 1]
        tensor([0., 1., 0.])
    """
    return _over_sum(torch.exp(-0.5 * ellipses(width, second, angle, pixels=pixels)))


def generalised_kernel(q: Tensor, shape: Tensor) -> Tensor:
    """Make kernels of sum 1 from `ellipses` (B, k, k) and shapes (B,); shape 1 is the Gaussian."""
    return _over_sum(torch.exp(-0.5 * q ** shape.view(-1, 1, 1)))


def plateau_kernel(q: Tensor, shape: Tensor) -> Tensor:
    """Make kernels of sum 1 from `ellipses` (B, k, k) and shapes (B,)."""
    return _over_sum(1 / (1 + q ** shape.view(-1, 1, 1)))


def sinc_kernel(cutoff: Tensor, *, pixels: int) -> Tensor:
    """Make circular low-pass filters of sum 1.

    Args:
        cutoff: (B,), radians a pixel, up to pi.
        pixels: Side of the kernel, odd.

    Returns:
        (B, pixels, pixels) in the dtype of `cutoff`; some values are negative.
    """
    y, x = _offsets(pixels, cutoff)
    radius = (x.square() + y.square()).sqrt()
    c = cutoff.view(-1, 1, 1)
    ring = c * torch.special.bessel_j1(c * radius) / (2 * math.pi * radius.clamp(min=1))
    centre = c.square() / (4 * math.pi)
    return _over_sum(torch.where(radius > 0, ring, centre))


def ellipses(width: Tensor, second: Tensor, angle: Tensor, *, pixels: int) -> Tensor:
    """Evaluate q at every offset; arguments as of `gaussian_kernel`, (B, pixels, pixels)."""
    y, x = _offsets(pixels, width)
    turn = (angle * (math.pi / 180)).view(-1, 1, 1)
    along = x * turn.cos() + y * turn.sin()  # (B, k, k)
    across = y * turn.cos() - x * turn.sin()
    first = width.clamp(min=_MIN_WIDTH).view(-1, 1, 1)
    other = second.clamp(min=_MIN_WIDTH).view(-1, 1, 1)
    return (along / first).square() + (across / other).square()


def _offsets(pixels: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Give y and x from the centre, (pixels, pixels) each."""
    offset = torch.arange(pixels, device=like.device, dtype=like.dtype) - pixels // 2
    y, x = torch.meshgrid(offset, offset, indexing="ij")
    return y, x


def _over_sum(kernel: Tensor) -> Tensor:
    return kernel / kernel.sum(dim=(1, 2), keepdim=True)
