"""Compare two pictures under every window: what SSIM and its relatives are made of.

With means m, variances v and covariance c under a window, and values in [0, 1],
luminance = (2 m_x m_y + C1) / (m_x^2 + m_y^2 + C1), structure = (2 c + C2) / (v_x + v_y + C2),
SSIM = luminance * structure; C1 = 0.01^2, C2 = 0.03^2.

Source: Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 2004, https://doi.org/10.1109/TIP.2003.819861.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from components.errors import PairError

_C1 = 0.01**2
_C2 = 0.03**2

_GRID = 2**24

# What is in work stays in the processor's cache; a GPU rather has fewer, larger steps.
_CPU_ROWS, _CPU_PIXELS = 32, 2**16
_GPU_ROWS, _GPU_PIXELS = 128, 2**22
_BLOCK = 16  # columns smoothed by one small matrix


class Likeness(NamedTuple):
    """Means over all whole windows.

    Attributes:
        ssim: (B, C) float64, at most 1; exactly 1 for equal pictures.
        structure: (B, C) float64, the same without the luminance.
    """

    ssim: Tensor
    structure: Tensor


def compare(
    restored: Tensor, gt: Tensor, taps: tuple[float, ...], *, correction: float = 1.0
) -> Likeness:
    """Compare pictures under every whole window.

    On a CPU, windows are computed in single precision around each strip's own level and averaged in
    double: 1e-8 apart from doubles throughout for alike pictures, 1e-6 at worst (one all black).

    Args:
        restored: (B, C, H, W) in [0, 1], any number of channels, sides of at least a window.
        gt: Same shape and range.
        taps: The window along one axis, of sum 1; the window is their product along both.
        correction: What variances are multiplied by: n / (n - 1) for those of a sample of n.
    """
    x, y = restored.flatten(0, 1), gt.flatten(0, 1)  # (BC, H, W)
    largest = _CPU_PIXELS if gt.device.type == "cpu" else _GPU_PIXELS
    at_once = max(1, largest // (_CPU_ROWS * gt.shape[-1]))
    pairs = zip(x.split(at_once), y.split(at_once), strict=True)
    means = torch.cat([_compare_planes(*pair, taps, _C2 / correction) for pair in pairs], dim=-1)
    ssim, structure = means.view(2, *gt.shape[:2])
    return Likeness(ssim, structure)


def require_room(image: Tensor, window: int, metric: str) -> None:
    """Refuse images that no whole window fits into.

    Raises:
        PairError: a side is shorter than the window; the message names the metric.
    """
    height, width = image.shape[-2:]
    if min(height, width) < window:
        raise PairError(f"{metric} needs sides of at least {window} pixels, got {height}x{width}")


def gaussian(reach: int, width: float) -> tuple[float, ...]:
    """Give the weights of a Gaussian window along one axis.

    Args:
        reach: Pixels on either side of the centre.
        width: Standard deviation, pixels.

    Example:
        >>> [round(tap, 4) for tap in gaussian(1, 1.0)]
        [0.2741, 0.4519, 0.2741]
    """
    return _normalised([math.exp(-((k / width) ** 2) / 2) for k in range(-reach, reach + 1)])


def box(side: int) -> tuple[float, ...]:
    """Give the weights of a window along one axis whose pixels weigh the same; the side is odd."""
    return _normalised([1.0] * side)


def _normalised(weights: list[float]) -> tuple[float, ...]:
    """Divide weights by their sum, to a sum of exactly one in single precision.

    Were the sum off by one rounding, every variance would be off the same way, and so the average.
    """
    taps = [round(weight / sum(weights) * _GRID) / _GRID for weight in weights]
    taps[len(taps) // 2] += 1 - sum(taps)
    return tuple(taps)


def _compare_planes(x: Tensor, y: Tensor, taps: tuple[float, ...], c2: float) -> Tensor:
    """Compare planes strip by strip.

    Args:
        x: (N, H, W).
        y: Same shape.
        taps: The window along one axis.
        c2: The constant of the structure.

    Returns:
        (2, N) float64: means of SSIM and of the structure.
    """
    halo = len(taps) - 1
    height, width = x.shape[-2] - halo, x.shape[-1] - halo
    rows = _CPU_ROWS if x.device.type == "cpu" else _GPU_ROWS
    strip = _Strip(x, min(rows, height), taps)
    total = torch.zeros(2, len(x), dtype=torch.float64, device=x.device)
    for top in range(0, height, rows):
        inside = slice(top, min(top + rows, height) + halo)
        total += strip.compare(x[:, inside], y[:, inside], c2)
    return total / (height * width)


class _Strip:
    """Working memory for strips of one width, and the matrices that smooth them.

    A matrix of weights is nearly empty, but a product with a small one is the fastest way to smooth:
    on a CPU several times faster than a convolution with one channel.
    """

    def __init__(self, like: Tensor, rows: int, taps: tuple[float, ...]) -> None:
        halo = len(taps) - 1
        self.width = like.shape[-1]
        self.columns = self.width - halo
        self.blocks = math.ceil(self.columns / _BLOCK)
        dtype = torch.float32 if like.device.type == "cpu" else torch.float64
        padded = self.blocks * _BLOCK + halo
        self.maps = like.new_zeros(4, len(like), rows + halo, padded, dtype=dtype)
        self.down = _band(rows, taps).to(self.maps)
        self.across = _band(_BLOCK, taps).to(self.maps).mT.expand(self.blocks, -1, -1)

    def compare(self, x: Tensor, y: Tensor, c2: float) -> Tensor:
        """Sum SSIM and structure over the windows of a strip.

        Of s = x + y and d = x - y four means are enough, where x and y themselves need five; and
        where the pictures agree, both fractions come out as exactly one.

        Returns:
            (2, N) float64.
        """
        maps = self.maps[:, :, : x.shape[-2]]
        s, d, ss, dd = maps[..., : self.width]
        x, y = x.to(s.dtype), y.to(s.dtype)
        torch.add(x, y, out=s)
        torch.sub(x, y, out=d)
        level_s, level_d = (image.mean(dim=(1, 2), keepdim=True) for image in (s, d))
        s -= level_s  # variances do not care, rounding does
        d -= level_d
        torch.mul(s, s, out=ss)
        torch.mul(d, d, out=dd)
        mean_s, mean_d, var_s, var_d = self._smooth(maps)  # each (blocks, N, rows, 16)
        var_s.addcmul_(mean_s, mean_s, value=-1)
        var_d.addcmul_(mean_d, mean_d, value=-1)
        structure = _ratio(var_s.add_(2 * c2), var_d)
        mean_s, mean_d = mean_s.add_(level_s), mean_d.add_(level_d)
        ssim = _ratio(mean_s.square_().add_(2 * _C1), mean_d.square_()).mul_(structure)
        return torch.stack([self._sum(ssim), self._sum(structure)])

    def _smooth(self, maps: Tensor) -> tuple[Tensor, ...]:
        """Take the window's mean: first down, then across in blocks of columns that overlap."""
        rows = maps.shape[-2] - (self.down.shape[1] - self.down.shape[0])
        with torch.autocast(maps.device.type, enabled=False):  # bfloat16 weights keep two digits
            down = self.down[:rows, : maps.shape[-2]] @ maps  # (4, N, rows, padded)
            overlapping = down.flatten(0, 2).unfold(-1, self.across.shape[-2], _BLOCK)
            smooth = torch.bmm(overlapping.movedim(-2, 0), self.across)  # (blocks, 4N rows, 16)
        return smooth.view(self.blocks, 4, -1, rows, _BLOCK).unbind(dim=1)

    def _sum(self, blocks: Tensor) -> Tensor:
        """Sum over the columns that exist, in double; the last block may reach beyond them."""
        blocks[-1, ..., self.columns - (self.blocks - 1) * _BLOCK :] = 0
        return blocks.sum(dim=(2, 3)).sum(dim=0, dtype=torch.float64)


def _ratio(plus: Tensor, minus: Tensor) -> Tensor:
    """Give (plus - minus) / (plus + minus), in place of the second."""
    return (plus - minus).div_(minus.add_(plus))


def _band(rows: int, taps: tuple[float, ...]) -> Tensor:
    """Give the matrix (rows, rows + len(taps) - 1) that weighs every whole window."""
    band = torch.zeros(rows, rows + len(taps) - 1, dtype=torch.float64)
    for offset, tap in enumerate(taps):
        band.diagonal(offset).fill_(tap)
    return band
