"""Refuse two images that cannot be compared; what every metric and protocol asks first."""

from torch import Tensor

from components.errors import PairError


def require_same_shape(restored: Tensor, gt: Tensor) -> None:
    """Refuse anything but two batches of one shape.

    Raises:
        PairError: not four axes each, an empty axis, or the shapes differ.
    """
    if restored.shape != gt.shape or gt.ndim != 4 or not gt.numel():
        raise PairError(
            "restored and ground truth need one shape (B, C, H, W), nothing empty; "
            f"got {tuple(restored.shape)} and {tuple(gt.shape)}"
        )


def require_unit_range(restored: Tensor, gt: Tensor) -> None:
    """Refuse values outside [0, 1], NaN included.

    Raises:
        PairError: names the image and the range that it spans.
    """
    for name, image in (("restored", restored), ("ground truth", gt)):
        low, high = image.amin().item(), image.amax().item()  # faster than aminmax on views
        if not (low >= 0 and high <= 1):  # NaN fails every comparison
            raise PairError(f"{name} must lie in [0, 1], it spans {low:.4g} to {high:.4g}")
