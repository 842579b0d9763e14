"""Peak signal-to-noise ratio: -10 log10 of the mean squared error over all channels and pixels.

The peak is 1. The mean error of one image is taken before the logarithm, never that of a batch or set.
"""

from torch import Tensor

from components.pictures import pair

UNIT = "dB"
HIGHER_IS_BETTER = True


def measure(restored: Tensor, gt: Tensor) -> Tensor:
    """Measure the peak signal-to-noise ratio of each image.

    Args:
        restored: (B, C, H, W) in [0, 1], any number of channels.
        gt: Same shape and range.

    Returns:
        (B,) float64 in dB, higher is better; `inf` for equal images.

    Raises:
        PairError: shapes differ, or values leave [0, 1].

    Example:
        >>> import torch
        >>> gt = torch.zeros(1, 3, 8, 8)
        >>> measure(gt + 0.5, gt)  # a quarter of the peak's power
        tensor([6.0206], dtype=torch.float64)
    """
    pair.require_same_shape(restored, gt)
    pair.require_unit_range(restored, gt)
    error = restored.double() - gt.double()
    return -10 * error.square_().mean(dim=(1, 2, 3)).log10()
