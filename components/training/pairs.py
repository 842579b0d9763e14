"""The loader: patches cut once, degraded on the fly or paired for good; batch n is a function of n."""

import torch
from torch import Tensor

from components import images
from components.degradations import Degradation
from components.draws import Draws, seeds_for
from components.errors import PictureError, TrainingError
from components.manifest import Row
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
        self.fixed = fixed
        self._round = -1
        self._places = torch.empty(0)

    def __call__(self, step: int) -> Batch:
        """Return the batch of a step.

        Every patch comes once per round through the pool, in an order of the round's own; flips and
        transposition are drawn per sample.
        """
        slots = torch.arange(step * self.batch, (step + 1) * self.batch, device=self.patches.device)
        chosen = torch.stack([self._pick(int(slot)) for slot in slots])
        gt = self.patches[chosen].float() / 255
        seeds = seeds_for(self.seed, slots)
        # Fixed pairs keep their damage: the seed is the patch's own, and the turn comes after.
        own = seeds_for(self.seed, chosen) if self.fixed else seeds
        turn = Draws(seeds ^ 1)
        if not self.fixed:
            gt = _turn(gt, turn)
        given = self.degradation(gt, Draws(own))
        lq = given.image
        if self.fixed:
            again = Draws(seeds ^ 1)
            gt, lq = _turn(gt, turn), _turn(lq, again)
        return Batch(lq=lq, gt=gt, step=step, drawn=given.drawn, mask=given.mask)

    def _pick(self, slot: int) -> Tensor:
        round_, place = divmod(slot, len(self.patches))
        return self._order(round_)[place]

    def _order(self, round_: int) -> Tensor:
        """Return the pool's order in one round: its patches sorted by a number drawn for each."""
        if self._round != round_:
            numbers = torch.arange(len(self.patches), device=self.patches.device)
            drawn = seeds_for(self.seed + 0x5EED + round_, numbers)
            self._round, self._places = round_, drawn.argsort()
        return self._places


def cut_patches(rows: list[Row], *, patch: int, count: int, seed: int) -> Tensor:
    """Cut random patches from pictures, every pixel equally likely, flat patches left out.

    Args:
        rows: The pictures.
        patch: Side, pixels.
        count: How many at most.
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
    kept: dict[int, Tensor] = {}
    for index, row in enumerate(rows):
        pixels = images.rgb(images.read(row.file))
        for number in (which == index).nonzero().flatten().tolist():
            y = int(place[number, 0] * (row.height - patch + 1))
            x = int(place[number, 1] * (row.width - patch + 1))
            crop = pixels[:, y : y + patch, x : x + patch]
            if (crop[..., 1:] - crop[..., :-1]).abs().mean() > _FLAT:
                kept[number] = (crop * 255).round().to(torch.uint8)
    first = sorted(kept)[:count]
    return torch.stack([kept[n] for n in first]) if first else torch.empty(0, 3, patch, patch)


def _turn(image: Tensor, draws: Draws) -> Tensor:
    """Flip and transpose each sample, each with a chance of one half; needs square images."""
    yes = (draws.uniform(0, 1, (3,)) < 0.5).view(-1, 3, 1, 1, 1)  # (B, 3, 1, 1, 1)
    image = torch.where(yes[:, 0], image.flip(-1), image)
    image = torch.where(yes[:, 1], image.flip(-2), image)
    return torch.where(yes[:, 2], image.mT, image)
