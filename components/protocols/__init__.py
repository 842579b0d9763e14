"""The bin of protocols: how the field measures one task, so that a number means something.

A protocol file holds:
    its docstring   the first line describes it; the rest says set, channels, rounding, crop, source
    METRICS         names of parts in the bin `metrics`, the primary one first
    Protocol        a subclass of `Protocol` below, built as `Protocol(scale=...)`
"""

from abc import ABC, abstractmethod

from torch import Tensor


class Protocol(ABC):
    """One way of measuring; `id` stands beside every number it gave.

    Args:
        scale: How many times larger the ground truth is than the degraded image.
    """

    def __init__(self, scale: int) -> None:
        self.scale = scale

    @property
    @abstractmethod
    def id(self) -> str:
        """Name and settings, such as `sr_y:x4:crop4`."""

    @abstractmethod
    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:
        """Show both images as the metrics must see them.

        Args:
            restored: What the model gave, (B, 3, H, W), RGB around [0, 1].
            gt: Ground truth, same shape, in [0, 1].
            grey: The ground truth file has one channel (it is repeated to three here).

        Returns:
            Two (B, C, H', W') in float64 in [0, 1]: converted, rounded, cropped.

        Raises:
            PairError: shapes differ, restored holds NaN or Inf, or the crop leaves nothing.
        """
