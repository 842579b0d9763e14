"""Structural similarity as FFA-Net measures it: the Gaussian window of `ssim`, borders padded with zeros.

Window 11 x 11, width 1.5, one value at every pixel: where the window reaches beyond the image it sees
black, in both images. Averaged over all pixels, then over channels; the smaller an image, the more the
borders count, and the further this number lies from `ssim`.

Source: FFA-Net (AAAI 2020), https://arxiv.org/abs/1911.07559; its `metrics.py`, whose form of
SSIM GridDehazeNet has too.
"""

import torch.nn.functional as F
from torch import Tensor

from components.pictures import pair, windows

UNIT = ""
HIGHER_IS_BETTER = True

_REACH = 5
_WIDTH = 1.5


def measure(restored: Tensor, gt: Tensor) -> Tensor:
    """Measure the structural similarity of each image, borders included.

    Args:
        restored: (B, C, H, W) in [0, 1], any number of channels, any size.
        gt: Same shape and range.

    Returns:
        (B,) float64, at most 1, higher is better; exactly 1 for equal images.

    Raises:
        PairError: shapes differ, or values leave [0, 1].

    Example:
        >>> import torch
        >>> measure(*(value * torch.ones(1, 1, 1, 1).double() for value in (0.0, 0.0)))
        tensor([1.], dtype=torch.float64)
    """
    pair.require_same_shape(restored, gt)
    pair.require_unit_range(restored, gt)
    x, y = (F.pad(image, (_REACH,) * 4) for image in (restored, gt))
    return windows.compare(x, y, windows.gaussian(_REACH, _WIDTH)).ssim.mean(dim=1)
