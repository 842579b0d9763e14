"""The loader of fresh patches: cut at every step from all pictures of a set, which lie on disk."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from components.degradations import Degradation, Degraded
from components.draws import mix
from components.errors import PictureError, TrainingError
from components.training.batches import CPU, Batches, Order, Taken, gathered
from components.training.decoded import Decoded
from components.training.patches import FLAT, TRIES, check_scale

Place = tuple[int, int, int]
"""Number of the pair, and the patch's upper left corner, y and x, in pixels of the ground truth."""

_LOOKED_AT = 256
_POSITIVE = (1 << 63) - 1
_HALF = (1 << 31) - 1


class Crops(Batches):
    """Batches of patches that nobody has cut before.

    Each picture gives patches as its area demands; flat ones are passed over. A place is a function of
    seed and slot, so a run can go on at any step, and memory does not grow with the set.

    Args:
        decoded: The pictures, and degraded mates where the set brings them.
        degradation: gt -> lq; not used where there are mates.
        order: Which samples, of which seed.
        patch: Side of the ground-truth patches, pixels.
        device: Where batches are wanted.

    Raises:
        PictureError: a picture is smaller than the patch; the message names it.
        PairError: the patch is no multiple of the mates' scale.
        TrainingError: the pictures are flat.
    """

    def __init__(
        self,
        decoded: Decoded,
        degradation: Degradation | None,
        order: Order,
        *,
        patch: int,
        device: torch.device = CPU,
    ) -> None:
        super().__init__(order, degradation)
        self.decoded, self.patch, self.device = decoded, patch, device
        check_scale(decoded.scale, patch)
        small = np.minimum(decoded.height, decoded.width) < patch
        if small.any():
            number = int(small.argmax())
            size = f"{decoded.width[number]}x{decoded.height[number]}"
            raise PictureError(
                f"{decoded.path(number)}: {size} is smaller than the patch of {patch} pixels"
            )
        if all(map(self._is_flat, self._drawn(torch.arange(_LOOKED_AT)))):
            raise TrainingError("there is no patch to train on: every one is flat")

    def take(self, slots: Tensor, turns: Tensor) -> Taken:
        """Cut a patch for each slot, and its mate's at the same place."""
        places = self.places(slots)
        gt = [self.decoded.gt(*place, self.patch) for place in places]
        gt_batch = self._together(gt, turns)
        if not self.decoded.has_mates:
            return Taken(gt_batch)
        scale = self.decoded.scale
        lq = [self.decoded.lq(n, y // scale, x // scale, self.patch // scale) for n, y, x in places]
        return Taken(gt_batch, Degraded(self._together(lq, turns).float() / 255))

    def places(self, slots: Tensor) -> list[Place]:
        """Give each slot, (B,) int64, the first place drawn for it that is not flat."""
        tries = self._drawn((slots[:, None] * TRIES + torch.arange(TRIES)).flatten())
        return [self._first(tries[n : n + TRIES]) for n in range(0, len(tries), TRIES)]

    def _first(self, tries: list[Place]) -> Place:
        return next((place for place in tries if not self._is_flat(place)), tries[-1])

    def _drawn(self, tries: Tensor) -> list[Place]:
        """Draw a place for each try: any pixel of the set names the picture, then a corner in it."""
        decoded, scale = self.decoded, self.decoded.scale
        bits = self.order.seeds("places", tries)
        pixels = (bits & _POSITIVE).numpy() % decoded.until[-1]
        numbers = np.searchsorted(decoded.until, pixels, side="right")
        more = mix(bits).numpy()
        corner = np.stack([more & _HALF, more >> 32 & _HALF], axis=1)  # (B, 2) in [0, 2^31)
        sides = np.stack([decoded.height[numbers], decoded.width[numbers]], axis=1)
        corner = (corner * ((sides - self.patch) // scale + 1) >> 31) * scale
        return list(zip(numbers.tolist(), *corner.T.tolist(), strict=True))

    def _is_flat(self, place: Place) -> bool:
        """Tell whether the mean step along x is small; sixteen rows say so as well as all."""
        rows = self.decoded.gt(*place, self.patch)[:: max(1, self.patch // 16)]
        one, next_ = rows[:, :-1], rows[:, 1:]
        steps = np.maximum(one, next_) - np.minimum(one, next_)
        return int(steps.sum(dtype=np.uint32)) <= FLAT * 255 * steps.size

    def _together(self, crops: list[NDArray[np.uint8]], turns: Tensor) -> Tensor:
        """Copy crops, (S, S, 3), into a batch (B, 3, S, S) on the device, turned."""
        return gathered([crop.transpose(2, 0, 1) for crop in crops], turns).to(self.device)
