"""Run a network on pictures of any size: padding, tiles, and one code for the whole picture."""

import torch
import torch.nn.functional as F
from torch import Tensor

from components.models import RestorationModel
from components.pictures.tiles import Window, tiles


@torch.inference_mode()
def restore(
    network: RestorationModel, lq: Tensor, *, gt: Tensor | None = None, tile: int = 0
) -> Tensor:
    """Restore images whole or in tiles.

    Args:
        network: In evaluation mode.
        lq: (B, 3, h, w), RGB in [0, 1], of any size.
        gt: (B, 3, h * scale, w * scale), for a privileged network.
        tile: Side of the tiles in pixels of `lq`, without their halo; 0: the image whole. The code is
            the whole image's in either case, so that the tiles of one picture agree.

    Returns:
        (B, 3, h * scale, w * scale), not clipped.
    """
    h, w = (side * network.scale for side in lq.shape[-2:])
    lq = _pad(lq, network.multiple_of)
    code = network.encode(lq, None if gt is None else _pad(gt, network.multiple_of * network.scale))
    if not tile or max(lq.shape[-2:]) <= tile:
        return network.restore(lq, code)[..., :h, :w]
    return _restore_in_tiles(network, lq, code, tile=tile)[..., :h, :w]


def _restore_in_tiles(
    network: RestorationModel, lq: Tensor, code: Tensor | None, *, tile: int
) -> Tensor:
    """Restore (B, 3, h, w), whose sides are multiples of `multiple_of`."""
    b, c, h, w = lq.shape
    s, m = network.scale, network.multiple_of
    restored = lq.new_empty(b, c, h * s, w * s)
    # Multiples, so that the network sees every pixel in the place that it has in the whole image.
    side, halo = (number + -number % m for number in (tile, network.halo))
    for part in tiles(h, w, side=side, halo=halo):
        given = network.restore(lq[..., part.outer.rows, part.outer.columns], code)
        place, inner = _enlarge(part.place, s), _enlarge(part.inner, s)
        restored[..., place.rows, place.columns] = given[..., inner.rows, inner.columns]
    return restored


def _enlarge(window: Window, scale: int) -> Window:
    return Window(*(slice(side.start * scale, side.stop * scale) for side in window))


def _pad(image: Tensor, multiple: int) -> Tensor:
    """Pad at the right and bottom: by reflection as far as it reaches, then by the last pixel."""
    h, w = image.shape[-2:]
    down, right = -h % multiple, -w % multiple
    if not down and not right:
        return image
    mode = "reflect" if down < h and right < w else "replicate"
    return F.pad(image, (0, right, 0, down), mode=mode)
