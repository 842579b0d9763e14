"""Structural similarity in its authors' form: 11 x 11 Gaussian window, width 1.5, whole windows only.

Averaged over the places where the window lies inside the image, then over channels. Nothing is
downsampled first. BasicSR and the MATLAB code give the same; `ssim_ffa` pads the borders, `ssim_skimage`
takes a 7 x 7 box, and both give other numbers.

Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004, https://doi.org/10.1109/TIP.2003.819861.
"""

from torch import Tensor

from components.pictures import pair, windows

UNIT = ""
HIGHER_IS_BETTER = True

_REACH = 5
_WINDOW = 2 * _REACH + 1
_WIDTH = 1.5


def measure(restored: Tensor, gt: Tensor) -> Tensor:
    """Measure the structural similarity of each image.

    Args:
        restored: (B, C, H, W) in [0, 1], any number of channels, sides of at least 11 pixels.
        gt: Same shape and range.

    Returns:
        (B,) float64, at most 1, higher is better; exactly 1 for equal images.

    Raises:
        PairError: shapes differ, values leave [0, 1], or a side is under 11 pixels.

    Example:
        >>> import torch
        >>> white = torch.ones(1, 1, 11, 11)
        >>> f"{measure(0.5 * white, white).item():.6f}"  # (1 + C1) / (1.25 + C1): the means alone
        '0.800016'
    """
    pair.require_same_shape(restored, gt)
    pair.require_unit_range(restored, gt)
    windows.require_room(gt, _WINDOW, "SSIM")
    return windows.compare(restored, gt, windows.gaussian(_REACH, _WIDTH)).ssim.mean(dim=1)
