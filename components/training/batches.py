"""What every loader shares: numbered samples, and batches that are pure functions of their step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from components.degradations import Degradation, Degraded
from components.draws import Draws, named_seed, seeds_for
from components.errors import TrainingError
from components.recipes import Batch

CPU = torch.device("cpu")

_WAYS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda image: image.flip(-1),
    lambda image: image.flip(-2),
    lambda image: image.mT,
)


@dataclass(frozen=True, slots=True)
class Order:
    """Numbers the samples of a training: sample k of step n has the slot n * batch + k.

    All that is drawn for a sample depends on seed and slot alone. So a run can go on at any step, and
    the batches of all ranks together are the batch of one process; only what a degradation draws
    `per: batch` is drawn per rank.

    Attributes:
        seed: Of everything drawn.
        batch: Samples a step, those of all ranks together.
        rank: Which part of each batch is ours, from 0.
        ranks: How many parts there are.

    Raises:
        TrainingError: the ranks cannot have equal parts.
    """

    seed: int
    batch: int
    rank: int = 0
    ranks: int = 1

    def __post_init__(self) -> None:
        if self.batch % self.ranks:
            raise TrainingError(
                f"a batch of {self.batch} cannot be shared out evenly to {self.ranks} processes"
            )

    def slots(self, step: int) -> Tensor:
        """Give the slots of our part of a step, (batch / ranks,) int64.

        Example:
            >>> Order(seed=0, batch=6, rank=1, ranks=2).slots(10)
            tensor([63, 64, 65])
        """
        share = self.batch // self.ranks
        first = step * self.batch + self.rank * share
        return torch.arange(first, first + share)

    def seeds(self, purpose: str, numbers: Tensor) -> Tensor:
        """Give numbered things seeds for one purpose, (B,) int64 on the numbers' device."""
        return seeds_for(named_seed(self.seed, purpose), numbers)

    def turns(self, slots: Tensor) -> Tensor:
        """Draw how samples lie, (B, 3) bool: flip along x, flip along y, transpose; in this order."""
        return Draws(self.seeds("turns", slots)).uniform(0, 1, (3,)) < 0.5


@dataclass(frozen=True, slots=True)
class Taken:
    """Patches of a batch, turned, on the batch's device.

    Attributes:
        gt: (B, 3, P, P) uint8.
        given: Their degraded mates; None where damage is to be drawn.
    """

    gt: Tensor
    given: Degraded | None = None


class Batches(ABC):
    """Step -> batch, a pure function.

    Args:
        order: Which samples, of which seed.
        degradation: gt -> lq, on the device where the patches are; None where all patches have mates.
    """

    def __init__(self, order: Order, degradation: Degradation | None) -> None:
        self.order = order
        self.degradation = degradation

    def __call__(self, step: int) -> Batch:
        """Return our part of the batch of a step.

        Flips and transposition are drawn per sample. A pair is turned as a whole, its damage with
        it, so that `drawn` tells of the pair before its turn.

        Raises:
            TrainingError: the patches have no mates, and there is no degradation.
        """
        slots = self.order.slots(step)
        taken = self.take(slots, self.order.turns(slots))
        gt = taken.gt.float().div_(255)
        given = taken.given or self._degrade(gt, slots)
        return Batch(lq=given.image, gt=gt, step=step, drawn=given.drawn, mask=given.mask)

    @abstractmethod
    def take(self, slots: Tensor, turns: Tensor) -> Taken:
        """Take the patches of some slots, (B,) int64, turned as (B, 3) bool says."""

    def _degrade(self, gt: Tensor, slots: Tensor) -> Degraded:
        if self.degradation is None:
            raise TrainingError("the set has no degraded mates, and no degradation makes any")
        return self.degradation(gt, Draws(self.order.seeds("damage", slots.to(gt.device))))


def gathered(crops: Sequence[NDArray[Any]], turns: Tensor) -> Tensor:
    """Copy square crops into a batch on the CPU, turned on the way as `turned` does.

    Args:
        crops: (C, S, S) each, of one type; may be views of larger pictures.
        turns: (B, 3) bool.
    """
    batch = np.empty((len(crops), *crops[0].shape), dtype=crops[0].dtype)
    for target, crop, (along_x, along_y, across) in zip(batch, crops, turns.tolist(), strict=True):
        image = crop[:, :: 1 - 2 * along_y, :: 1 - 2 * along_x]
        target[:] = image.swapaxes(1, 2) if across else image
    return torch.from_numpy(batch)


def turned(image: Tensor, turns: Tensor) -> Tensor:
    """Flip and transpose square images, (B, C, S, S), where (B, 3) bool says so; a new tensor."""
    image = image.clone()
    for way, chosen in zip(_WAYS, turns.unbind(1), strict=True):
        where = chosen.nonzero().flatten()  # half of them: cheaper than to turn all and choose
        image[where] = way(image[where])
    return image
