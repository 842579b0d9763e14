"""The loader of patches that lie in memory: each comes once a round, degraded anew or fixed for good."""

import torch
from torch import Tensor

from components.degradations import Degradation, Degraded
from components.errors import TrainingError
from components.training.batches import CPU, Batches, Order, Taken, gathered, turned
from components.training.patches import Patches


class Pairs(Batches):
    """Batches of patches that lie in memory: in the device's own, where they fit.

    Every patch comes once per round through the pool, in an order of the round's own.

    Args:
        patches: Ground truth, and degraded mates where the set brings them.
        degradation: gt -> lq; not used where there are mates.
        order: Which samples, of which seed.
        fixed: True: each patch is degraded once, as in a set of photographed pairs. False: each
            time anew.
        device: Where batches are wanted.

    Raises:
        TrainingError: there are no patches.
    """

    def __init__(
        self,
        patches: Patches,
        degradation: Degradation | None,
        order: Order,
        *,
        fixed: bool = False,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(order, degradation)
        if not len(patches):
            raise TrainingError("there is no patch to train on: every one is flat")
        self.device = device
        self.gt = _settled(patches.gt, device)
        self._kept: Degraded | None = None
        if patches.lq is not None:
            self._kept = Degraded(_settled(patches.lq, device))
        elif fixed:
            self._kept = self._degrade_once()
        self._round = -1
        self._places = torch.empty(0)

    def take(self, slots: Tensor, turns: Tensor) -> Taken:
        """Take the patches whose turn it is."""
        chosen = torch.stack([self._pick(int(slot)) for slot in slots])
        kept = self._kept
        if kept is None:
            return Taken(self._chosen(self.gt, chosen, turns))
        image = self._chosen(kept.image, chosen, turns)
        given = Degraded(
            image if image.is_floating_point() else image.float() / 255,
            {name: values[chosen.to(values.device)] for name, values in kept.drawn.items()},
            None if kept.mask is None else self._chosen(kept.mask, chosen, turns),
        )
        return Taken(self._chosen(self.gt, chosen, turns), given)

    def _chosen(self, images: Tensor, chosen: Tensor, turns: Tensor) -> Tensor:
        """Take some images to the device, turned."""
        if images.device.type == "cpu":
            pool = images.numpy()
            return gathered([pool[n] for n in chosen.tolist()], turns).to(self.device)
        return turned(images[chosen.to(images.device)], turns.to(images.device))

    def _degrade_once(self) -> Degraded:
        """Degrade every patch alone: a pair's damage depends on no other pair, also `per: batch`."""
        numbers = torch.arange(len(self.gt)).split(1)
        gt = self.gt.split(1)
        each = [self._degrade(one.float() / 255, n) for one, n in zip(gt, numbers, strict=True)]
        masks = [given.mask for given in each if given.mask is not None]
        return Degraded(
            torch.cat([given.image for given in each]),
            {name: torch.cat([given.drawn[name] for given in each]) for name in each[0].drawn},
            torch.cat(masks) if masks else None,
        )

    def _pick(self, slot: int) -> Tensor:
        round_, place = divmod(slot, len(self.gt))
        return self._order_of(round_)[place]

    def _order_of(self, round_: int) -> Tensor:
        """Return the pool's order in one round: its patches sorted by a number drawn for each."""
        if self._round != round_:
            numbers = torch.arange(len(self.gt))
            self._round = round_
            self._places = self.order.seeds(f"round {round_}", numbers).argsort()
        return self._places


def _settled(patches: Tensor, device: torch.device) -> Tensor:
    """Move patches to the device for good, unless they would take more than half of what is free."""
    if device.type == "cuda" and 2 * patches.nbytes > torch.cuda.mem_get_info(device)[0]:
        return patches
    return patches.to(device)
