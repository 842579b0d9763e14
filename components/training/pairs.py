"""The loader: patches cut once, degraded on the fly or paired for good; batch n is a function of n."""

import heapq

import torch
from torch import Tensor

from components.datasets.manifest import Row
from components.degradations import Degradation, Degraded
from components.draws import Draws, named_seed, seeds_for
from components.errors import PictureError, TrainingError
from components.pictures import images
from components.recipes import Batch

# Patches with a mean horizontal step below this (of 1) are sky, black space, out of focus: a network
# learns nothing from them, and they alone can rule a mean PSNR.
_FLAT = 0.015
_TRIES = 8


class Pairs:
    """Batches of (lq, gt), each a pure function of its step number.

    Args:
        patches: Ground truth, (N, 3, P, P) uint8.
        degradation: gt -> lq.
        seed: Seed of everything drawn here.
        batch: Patches a step.
        fixed: True: each patch is degraded once, as in a set of photographed pairs. False: each
            time anew.

    Raises:
        TrainingError: there are no patches.
    """

    def __init__(
        self, patches: Tensor, degradation: Degradation, *, seed: int, batch: int, fixed: bool
    ) -> None:
        if not len(patches):
            raise TrainingError("there is no patch to train on: every one is flat")
        self.patches = patches
        self.degradation = degradation
        self.seed = seed
        self.batch = batch
        self._kept = self._degrade_once() if fixed else None
        self._round = -1
        self._places = torch.empty(0)

    def __call__(self, step: int) -> Batch:
        """Return the batch of a step.

        Every patch comes once per round through the pool, in an order of the round's own; flips and
        transposition are drawn per sample. A fixed pair is turned as a whole, its damage with it, so
        that `drawn` tells of the pair before its turn.
        """
        slots = torch.arange(step * self.batch, (step + 1) * self.batch, device=self.patches.device)
        chosen = torch.stack([self._pick(int(slot)) for slot in slots])
        turns = Draws(self._seeds("turns", slots)).uniform(0, 1, (3,)) < 0.5  # (B, 3)
        gt = _turn(self.patches[chosen].float() / 255, turns)
        if self._kept is None:
            given = self.degradation(gt, Draws(self._seeds("damage", slots)))
        else:
            given = _turned(self._kept, chosen, turns)
        return Batch(lq=given.image, gt=gt, step=step, drawn=given.drawn, mask=given.mask)

    def _degrade_once(self) -> Degraded:
        """Degrade every patch alone: a pair's damage depends on no other pair, also `per: batch`."""
        numbers = torch.arange(len(self.patches), device=self.patches.device)
        seeds = self._seeds("damage", numbers)
        gt = self.patches.split(1)
        each = [
            self.degradation(one.float() / 255, Draws(seed))
            for one, seed in zip(gt, seeds.split(1), strict=True)
        ]
        masks = [given.mask for given in each if given.mask is not None]
        return Degraded(
            torch.cat([given.image for given in each]),
            {name: torch.cat([given.drawn[name] for given in each]) for name in each[0].drawn},
            torch.cat(masks) if masks else None,
        )

    def _pick(self, slot: int) -> Tensor:
        round_, place = divmod(slot, len(self.patches))
        return self._order(round_)[place]

    def _order(self, round_: int) -> Tensor:
        """Return the pool's order in one round: its patches sorted by a number drawn for each."""
        if self._round != round_:
            numbers = torch.arange(len(self.patches), device=self.patches.device)
            self._round, self._places = round_, self._seeds(f"round {round_}", numbers).argsort()
        return self._places

    def _seeds(self, purpose: str, numbers: Tensor) -> Tensor:
        return seeds_for(named_seed(self.seed, purpose), numbers)


def cut_patches(rows: list[Row], *, patch: int, count: int, seed: int) -> Tensor:
    """Cut random patches from pictures, of each as its area demands, flat patches left out.

    Args:
        rows: The pictures.
        patch: Side, pixels.
        count: How many at most; the first of them are those that a smaller count gives.
        seed: Where and from which.

    Returns:
        (N, 3, patch, patch) uint8; N < count when many places are flat.

    Raises:
        PictureError: a picture is smaller than the patch, or cannot be read.
    """
    for row in rows:
        if min(row.width, row.height) < patch:
            raise PictureError(
                f"{row.file}: {row.width}x{row.height} is smaller than the patch of {patch} pixels"
            )
    area = torch.tensor([row.width * row.height for row in rows], dtype=torch.float64)
    edges = (area / area.sum()).cumsum(0)
    tries = count * _TRIES
    draws = Draws(seeds_for(seed, torch.arange(tries)))
    which = torch.searchsorted(edges.float(), draws.uniform(0, 1)).clamp(max=len(rows) - 1)
    place = draws.uniform(0, 1, (2,))  # (tries, 2): y, x
    kept: list[tuple[int, Tensor]] = []  # a heap of (-try, patch): the last try on top
    for index, row in enumerate(rows):
        pixels = images.rgb(images.read(row.file))
        for number in (which == index).nonzero().flatten().tolist():
            if len(kept) == count and number > -kept[0][0]:
                break  # enough earlier ones are at hand
            y = int(place[number, 0] * (row.height - patch + 1))
            x = int(place[number, 1] * (row.width - patch + 1))
            crop = pixels[:, y : y + patch, x : x + patch]
            if (crop[..., 1:] - crop[..., :-1]).abs().mean() > _FLAT:
                put = heapq.heappushpop if len(kept) == count else heapq.heappush
                put(kept, (-number, (crop * 255).round().to(torch.uint8)))
    if not kept:
        return torch.empty(0, 3, patch, patch, dtype=torch.uint8)
    return torch.stack([crop for _, crop in sorted(kept, reverse=True)])


def _turned(pairs: Degraded, chosen: Tensor, turns: Tensor) -> Degraded:
    """Take some of the pairs, turned."""
    mask = None if pairs.mask is None else _turn(pairs.mask[chosen], turns)
    drawn = {name: values[chosen] for name, values in pairs.drawn.items()}
    return Degraded(_turn(pairs.image[chosen], turns), drawn, mask)


def _turn(image: Tensor, turns: Tensor) -> Tensor:
    """Flip and transpose (B, C, S, S) where (B, 3) says so: along x, along y, across."""
    yes = turns.view(-1, 3, 1, 1, 1)
    image = torch.where(yes[:, 0], image.flip(-1), image)
    image = torch.where(yes[:, 1], image.flip(-2), image)
    return torch.where(yes[:, 2], image.mT, image)
