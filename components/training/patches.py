"""Patches in memory: cut once from pictures, of each as its area demands, flat ones left out."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from components.datasets.manifest import Row
from components.draws import Draws, seeds_for
from components.errors import PairError, PictureError
from components.pictures import images
from components.training.mates import Mate

# Patches with a mean horizontal step below this (of 1) are sky, black space, out of focus: a network
# learns nothing from them, and they alone can rule a mean PSNR.
FLAT = 0.015
TRIES = 8
"""How many places are looked at for each patch that is wanted."""


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches of pictures, and of their degraded mates at the same places.

    Attributes:
        gt: (N, 3, P, P) uint8.
        lq: (N, 3, P / scale, P / scale) uint8; None where the set has no mates.
    """

    gt: Tensor
    lq: Tensor | None = None

    def __len__(self) -> int:
        return len(self.gt)


def check_patches(rows: Sequence[Row], patch: int) -> None:
    """Refuse pictures that are smaller than a patch; reads no file.

    Args:
        rows: The pictures.
        patch: Side, pixels.

    Raises:
        PictureError: a picture is smaller; the message names it.
    """
    for row in rows:
        if min(row.width, row.height) < patch:
            raise PictureError(
                f"{row.file}: {row.width}x{row.height} is smaller than the patch of {patch} pixels"
            )


def check_scale(scale: int, patch: int) -> None:
    """Refuse a patch that is no whole number of its mates' pixels.

    Raises:
        PairError: the patch's side is no multiple of the scale.
    """
    if patch % scale:
        raise PairError(f"a patch of {patch} pixels is no multiple of the set's scale {scale}")


def cut_patches(
    rows: Sequence[Row], *, patch: int, count: int, seed: int, mates: Sequence[Mate] = ()
) -> Patches:
    """Cut random patches from pictures.

    Args:
        rows: The pictures.
        patch: Side, pixels.
        count: How many at most; the first of them are those that a smaller count gives.
        seed: Where and from which.
        mates: One a row, as `find_mates` gives them; empty where degradations are drawn.

    Returns:
        N patches; N < count when many places are flat.

    Raises:
        PictureError: a picture is smaller than the patch, or cannot be read.
        PairError: the patch is no multiple of the mates' scale.
    """
    check_patches(rows, patch)
    scale = mates[0].scale if mates else 1
    check_scale(scale, patch)
    which, places = _tries(rows, count * TRIES, seed)
    read = lru_cache(maxsize=2)(read_pixels)  # rows in a row may share their ground truth
    kept: list[tuple[int, Tensor, Tensor | None]] = []  # a heap of (-try, ...): the last try on top
    for index, row in enumerate(rows):
        for number in (which == index).nonzero().flatten().tolist():
            if len(kept) == count and number > -kept[0][0]:
                break  # enough earlier ones are at hand
            y = int(places[number, 0] * ((row.height - patch) // scale + 1))
            x = int(places[number, 1] * ((row.width - patch) // scale + 1))
            gt = _crop(read(row.file, row.height, row.width), y * scale, x * scale, patch)
            if (gt[..., 1:] - gt[..., :-1]).abs().mean() > FLAT:
                lq = None
                if mates:
                    mate = mates[index]
                    whole = read(mate.file, mate.height, mate.width)
                    lq = samples(_crop(whole, y, x, patch // scale))
                put = heapq.heappushpop if len(kept) == count else heapq.heappush
                put(kept, (-number, samples(gt), lq))
    return _stacked(kept, patch)


def read_pixels(file: Path, height: int, width: int) -> Tensor:
    """Read a picture whose sides are known, (3, height, width) in [0, 1].

    Raises:
        PictureError: it cannot be read, or has other sides by now.
    """
    pixels = images.rgb(images.read(file))
    if pixels.shape[1:] != (height, width):
        raise PictureError(
            f"{file}: is {pixels.shape[2]}x{pixels.shape[1]} now, but was {width}x{height} when the "
            "data set was listed; run again"
        )
    return pixels


def samples(pixels: Tensor) -> Tensor:
    """Round pixels in [0, 1] to uint8; any shape."""
    return (pixels * 255).round().to(torch.uint8)


def _tries(rows: Sequence[Row], count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Draw pictures, (count,) int64, and places in them, (count, 2) in [0, 1): y, x."""
    area = torch.tensor([row.width * row.height for row in rows], dtype=torch.float64)
    edges = (area / area.sum()).cumsum(0)
    draws = Draws(seeds_for(seed, torch.arange(count)))
    which = torch.searchsorted(edges.float(), draws.uniform(0, 1)).clamp(max=len(rows) - 1)
    return which, draws.uniform(0, 1, (2,))


def _crop(pixels: Tensor, y: int, x: int, side: int) -> Tensor:
    return pixels[:, y : y + side, x : x + side]


def _stacked(kept: list[tuple[int, Tensor, Tensor | None]], patch: int) -> Patches:
    """Put the patches together in the order of their tries."""
    if not kept:
        return Patches(torch.empty(0, 3, patch, patch, dtype=torch.uint8))
    _, gt, lq = zip(*sorted(kept, key=lambda entry: -entry[0]), strict=True)
    mates = [one for one in lq if one is not None]
    return Patches(torch.stack(gt), torch.stack(mates) if mates else None)
