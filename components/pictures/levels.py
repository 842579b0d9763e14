"""What files hold: values as levels of 8 or 16 bits, all in double precision.

Metrics differ by how a restored image becomes a file. Rounding is what saving does; cutting off the
fraction, as a conversion to unsigned bytes does, darkens by half a level on average.
"""

import torch
from torch import Tensor

from components.errors import PairError

# 65535 = 255 * 257: one grid gives back the exact levels of both kinds of file.
_BOTH_KINDS = 65535
_TINY = 1e-4  # levels; what single precision may be off when it holds k / 255


def held(gt: Tensor) -> Tensor:
    """Give the exact levels of an image that was read from a file of 8 or 16 bits.

    Args:
        gt: Any shape, in [0, 1], in single precision or better.

    Returns:
        Same shape, float64 in [0, 1].
    """
    return torch.round(gt.double() * _BOTH_KINDS) / _BOTH_KINDS


def rounded(restored: Tensor) -> Tensor:
    """Clip to [0, 1] and round to 8 bits; same shape, float64.

    Raises:
        PairError: a value is NaN or infinite.
    """
    return torch.round(clipped(restored) * 255) / 255


def clipped(restored: Tensor) -> Tensor:
    """Clip to [0, 1] and round nothing; same shape, float64.

    Raises:
        PairError: a value is NaN or infinite.
    """
    if not restored.isfinite().all():
        raise PairError("restored holds NaN or Inf, it cannot be measured")
    return restored.double().clamp(0, 1)


def cut(image: Tensor) -> Tensor:
    """Clip to [0, 1] and cut the fraction of a level off, as a conversion to bytes does.

    Args:
        image: Any shape; what was read from a file of 8 bits stays as it is.

    Returns:
        Same shape and type, in [0, 1].

    Example:
        >>> cut(torch.tensor([99.9, 100.0, 300.0]) / 255) * 255
        tensor([ 99., 100., 255.])
    """
    return torch.floor(image.clamp(0, 1) * 255 + _TINY) / 255
