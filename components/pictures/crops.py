"""Crops that protocols make before they compare; all of (..., H, W), none copies."""

from torch import Tensor

from components.errors import PairError


def inside(image: Tensor, border: int) -> Tensor:
    """Leave a border out at all four edges.

    Raises:
        PairError: nothing is left.
    """
    height, width = image.shape[-2:]
    if min(height, width) <= 2 * border:
        raise PairError(f"a border of {border} pixels leaves nothing of {height}x{width}")
    return image[..., border : height - border, border : width - border]


def corner(image: Tensor, multiple: int) -> Tensor:
    """Crop at the right and bottom until both sides are multiples; may leave nothing."""
    height, width = image.shape[-2:]
    return image[..., : height - height % multiple, : width - width % multiple]


def centre_multiple(image: Tensor, multiple: int) -> Tensor:
    """Crop evenly until both sides are multiples, an odd pixel at the right or bottom."""
    height, width = image.shape[-2:]
    top, left = height % multiple // 2, width % multiple // 2
    return image[
        ..., top : top + height - height % multiple, left : left + width - width % multiple
    ]


def centre(image: Tensor, height: int, width: int) -> Tensor:
    """Crop evenly to a size; half a pixel goes to the even side, as in torchvision's CenterCrop.

    Raises:
        PairError: the image is smaller.
    """
    rows, columns = image.shape[-2:]
    if height > rows or width > columns:
        raise PairError(
            f"the ground truth must be at least as large as the degraded picture, {height}x{width}; "
            f"it is {rows}x{columns}"
        )
    top, left = round((rows - height) / 2), round((columns - width) / 2)
    return image[..., top : top + height, left : left + width]
