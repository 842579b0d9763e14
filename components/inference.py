"""Run a network on pictures of any size: padding, tiles, and one code for the whole picture."""

import torch
import torch.nn.functional as F
from torch import Tensor

from components.models import RestorationModel


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
    h, w = lq.shape[-2:]
    padded = _pad(lq, network.multiple_of)
    code = network.encode(padded, gt)
    if not tile or (h <= tile and w <= tile):
        return network.restore(padded, code)[..., : h * network.scale, : w * network.scale]
    restored = lq.new_empty(*lq.shape[:2], h * network.scale, w * network.scale)
    for top in range(0, h, tile):
        for left in range(0, w, tile):
            _restore_tile(network, lq, code, restored, window=(top, left, tile))
    return restored


def _restore_tile(
    network: RestorationModel,
    lq: Tensor,
    code: Tensor | None,
    restored: Tensor,
    *,
    window: tuple[int, int, int],
) -> None:
    """Fill one tile of `restored` from the tile and its halo."""
    top, left, tile = window
    h, w = lq.shape[-2:]
    s = network.scale
    y0, x0 = max(0, top - network.halo), max(0, left - network.halo)
    y1, x1 = min(h, top + tile + network.halo), min(w, left + tile + network.halo)
    given = network.restore(_pad(lq[..., y0:y1, x0:x1], network.multiple_of), code)
    bottom, right = min(h, top + tile), min(w, left + tile)
    restored[..., top * s : bottom * s, left * s : right * s] = given[
        ..., (top - y0) * s : (bottom - y0) * s, (left - x0) * s : (right - x0) * s
    ]


def _pad(image: Tensor, multiple: int) -> Tensor:
    """Pad at the right and bottom: by reflection as far as it reaches, then by the last pixel."""
    h, w = image.shape[-2:]
    down, right = -h % multiple, -w % multiple
    if not down and not right:
        return image
    mode = "reflect" if down < h and right < w else "replicate"
    return F.pad(image, (0, right, 0, down), mode=mode)
