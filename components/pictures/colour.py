"""One channel out of three: the luma that super-resolution papers measure on, and plain grey.

The two differ in range. Luma spans 219 of 255 levels, so an error measured on it is 20 log10(255/219)
= 1.32 dB smaller than the same error measured on a full-range channel.
"""

from torch import Tensor

# MATLAB's rgb2ycbcr: ITU-R BT.601 in studio range, for RGB in [0, 1] and Y in levels of 255.
_LUMA = (65.481, 128.553, 24.966)
_BLACK = 16.0

# MATLAB's rgb2gray: BT.601 weights solved from NTSC's YIQ matrix; they sum to one.
_GREY = (0.298936021293775, 0.587043074451121, 0.114020904255103)


def luma(rgb: Tensor) -> Tensor:
    """Give Y of BT.601 in studio range, as MATLAB's rgb2ycbcr does for floating-point pictures.

    Args:
        rgb: (..., 3, H, W) in [0, 1].

    Returns:
        (..., 1, H, W) of the same type, black at 16/255 and white at 235/255; not rounded.

    Example:
        >>> import torch
        >>> luma(torch.ones(3, 1, 1)) * 255
        tensor([[[235.]]])
    """
    return (_weigh(rgb, _LUMA) + _BLACK) / 255


def grey(rgb: Tensor) -> Tensor:
    """Give the grey value in full range, as MATLAB's rgb2gray does.

    Args:
        rgb: (..., 3, H, W), any range.

    Returns:
        (..., 1, H, W) of the same type and range; a picture with three equal channels keeps its values
        up to rounding.
    """
    return _weigh(rgb, _GREY)


def _weigh(rgb: Tensor, weights: tuple[float, float, float]) -> Tensor:
    """Sum the channels by weight, keeping the axis."""
    return (rgb * rgb.new_tensor(weights).view(3, 1, 1)).sum(dim=-3, keepdim=True)
