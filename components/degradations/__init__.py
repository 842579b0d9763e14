"""The bin of degradations: gt -> lq on batches, seeded per sample, on the batch's own device.

A degradation file holds:
    its docstring   the first line describes it; the rest gives formula and source
    Params          its own parameters, a `PartParams`; a range `[low, high]` is drawn per sample
    Degradation     a subclass of `Degradation` below, built as `Degradation(params)`

Degradations are chained in params.yaml by a list; `chain` is the part that does it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from torch import Tensor

from components.draws import Draws


@dataclass(frozen=True, slots=True)
class Degraded:
    """What a degradation gives for a batch.

    Attributes:
        image: (B, 3, h, w), RGB in [0, 1]; h and w are the ground truth's over the scale.
        drawn: What was drawn, by name; each (B,) or (B, k).
        mask: Where the picture was damaged, (B, 1, H, W) in [0, 1], or None: everywhere.
    """

    image: Tensor
    drawn: dict[str, Tensor] = field(default_factory=dict)
    mask: Tensor | None = None


class Degradation(ABC):
    """One way of damaging images.

    Attributes:
        scale: How many times smaller the degraded sides are.
    """

    scale: int = 1

    @abstractmethod
    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Degrade a batch.

        Args:
            image: (B, 3, H, W), RGB in [0, 1]; H and W multiples of the scale.
            draws: The batch's numbers; the only source of randomness.
        """
