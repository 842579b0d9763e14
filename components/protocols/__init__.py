"""The bin of protocols: how the field measures one task, so that a number means something.

A protocol file holds:
    its docstring   the first line describes it; the rest says set, channels, rounding, crop, source
    METRICS         names of parts in the bin `metrics`, the primary one first
    Protocol        a subclass of `Protocol` below, built as `Protocol(scale=...)`

A benchmark asks a protocol three things of every picture, in this order: which part of the ground truth
counts (`truth`), what the model is given (`given`), and how both images are compared (`view`). No
protocol of the field tiles, averages over flips, or pools errors over images: none of ours does.
"""

from abc import ABC, abstractmethod

from torch import Tensor

from components.errors import ProtocolError
from components.pictures import crops


class Protocol(ABC):
    """One way of measuring; `id` stands beside every number it gave.

    Args:
        scale: How many times larger the ground truth is than the degraded image.

    Attributes:
        enlarges: False where both images have one size, so that the scale can only be 1.
        half: Whether models may compute in half precision: only where the result is rounded to 8 bits
            anyway. The id then says so.

    Raises:
        ProtocolError: the protocol knows no such scale.
    """

    enlarges: bool = False
    half: bool = False

    def __init__(self, scale: int) -> None:
        if scale < 1 or (scale != 1 and not self.enlarges):
            rule = "at least 1" if self.enlarges else "1, for both images have one size"
            name = type(self).__module__.rpartition(".")[2]
            raise ProtocolError(f"protocol {name}: the scale must be {rule}; got {scale}")
        self.scale = scale

    @property
    @abstractmethod
    def id(self) -> str:
        """Name and settings, such as `sr_y:x4:crop4`."""

    def truth(self, gt: Tensor, lq: Tensor | None) -> Tensor:  # noqa: ARG002 - for subclasses
        """Give the part of the ground truth that counts; its damage, where drawn, is drawn on it.

        Args:
            gt: As the file holds it, (B, 3, H, W), in [0, 1].
            lq: The set's own degraded image, (B, 3, h, w); None where it is drawn.

        Returns:
            (B, 3, H', W'); cropped, at the right and bottom, to multiples of the scale unless the
            protocol says otherwise. Nothing may be left.

        Raises:
            PairError: the two images cannot belong together.
        """
        return crops.corner(gt, self.scale)

    def given(self, lq: Tensor) -> Tensor:
        """Give what the model gets of a degraded image, (B, 3, h, w); all of it by default."""
        return lq

    @abstractmethod
    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:
        """Show both images as the metrics must see them.

        Args:
            restored: What the model gave, (B, 3, H, W), RGB around [0, 1].
            gt: What `truth` gave, same shape, in [0, 1].
            grey: The ground truth file has one channel (it is repeated to three here).

        Returns:
            Two (B, C, H', W') in float64 in [0, 1]: converted, rounded, cropped.

        Raises:
            PairError: shapes differ, restored holds NaN or Inf, or the crop leaves nothing.
        """
