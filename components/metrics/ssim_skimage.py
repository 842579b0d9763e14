"""Structural similarity with scikit-image's default settings: a 7 x 7 box, sample variances.

Every pixel of the window weighs the same, and variances and the covariance are divided by 48 instead
of 49. Averaged over the places where the window lies inside the image, then over channels. AirNet and
PromptIR, among others, call it so; it is another number than `ssim`.

Source: scikit-image 0.26, `skimage.metrics.structural_similarity(..., data_range=1, channel_axis=0)`.
"""

from torch import Tensor

from components.pictures import pair, windows

UNIT = ""
HIGHER_IS_BETTER = True

_WINDOW = 7
_PIXELS = _WINDOW**2


def measure(restored: Tensor, gt: Tensor) -> Tensor:
    """Measure the structural similarity of each image under a box.

    Args:
        restored: (B, C, H, W) in [0, 1], any number of channels, sides of at least 7 pixels.
        gt: Same shape and range.

    Returns:
        (B,) float64, at most 1, higher is better; exactly 1 for equal images.

    Raises:
        PairError: shapes differ, values leave [0, 1], or a side is under 7 pixels.

    Example:
        >>> import torch
        >>> white = torch.ones(1, 1, 7, 7)
        >>> f"{measure(0.5 * white, white).item():.6f}"  # (1 + C1) / (1.25 + C1): the means alone
        '0.800016'
    """
    pair.require_same_shape(restored, gt)
    pair.require_unit_range(restored, gt)
    windows.require_room(gt, _WINDOW, "SSIM under a box")
    correction = _PIXELS / (_PIXELS - 1)
    likeness = windows.compare(restored, gt, windows.box(_WINDOW), correction=correction)
    return likeness.ssim.mean(dim=1)
