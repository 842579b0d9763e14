"""Structural similarity over five scales, multiplied: the structure at each, the luminance at the last.

MS-SSIM = S_1^0.0448 * S_2^0.2856 * S_3^0.3001 * S_4^0.2363 * SSIM_5^0.1333, with S_k the mean structure
under `ssim`'s window after k - 1 halvings, per channel, then averaged over channels. Halving averages
2 x 2 pixels; of an odd side the last pixel counts twice, as in the authors' MATLAB code (others drop
it). Where a mean structure is negative, which has no real power, it counts as 0.

Source: Wang, Simoncelli, Bovik, Asilomar 2003, https://doi.org/10.1109/ACSSC.2003.1292216.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from components.pictures import pair, windows

UNIT = ""
HIGHER_IS_BETTER = True

_REACH = 5
_WIDTH = 1.5
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_SHORTEST = 2 * _REACH * 2 ** (len(_WEIGHTS) - 1) + 1  # leaves one window at the last scale


def measure(restored: Tensor, gt: Tensor) -> Tensor:
    """Measure the multi-scale structural similarity of each image.

    Args:
        restored: (B, C, H, W) in [0, 1], any number of channels, sides of at least 161 pixels.
        gt: Same shape and range.

    Returns:
        (B,) float64 in [0, 1], higher is better; exactly 1 for equal images.

    Raises:
        PairError: shapes differ, values leave [0, 1], or a side is under 161 pixels.

    Example:
        >>> white = torch.ones(1, 1, 161, 161)
        >>> f"{measure(0.5 * white, white).item():.4f}"  # 0.800016 ** 0.1333
        '0.9707'
    """
    pair.require_same_shape(restored, gt)
    pair.require_unit_range(restored, gt)
    windows.require_room(gt, _SHORTEST, "MS-SSIM")
    product = torch.ones(gt.shape[:2], dtype=torch.float64, device=gt.device)  # (B, C)
    for scale, weight in enumerate(_WEIGHTS, start=1):
        likeness = windows.compare(restored, gt, windows.gaussian(_REACH, _WIDTH))
        factor = likeness.ssim if scale == len(_WEIGHTS) else likeness.structure
        product *= factor.clamp(min=0) ** weight
        restored, gt = _halve(restored), _halve(gt)
    return product.mean(dim=1)


def _halve(image: Tensor) -> Tensor:
    """Average 2 x 2 pixels, in double precision."""
    height, width = image.shape[-2:]
    even = F.pad(image.double(), (0, width % 2, 0, height % 2), mode="replicate")
    return F.avg_pool2d(even, 2)
