"""Feature affinity: two images, or maps, agree when their positions are alike in the same way.

Both are averaged over the cells of one coarse grid of N positions. With X of shape (C, N), the affinity
A = X' X is the inner product of every two positions; it does not depend on the number of channels, so
that any two networks can be compared. The loss is the distance of the two affinities:

    official   sqrt(sum over the batch of |A_s - A_t|^2) / N^2     the authors' code
    mean       mean over the batch of |A_s - A_t|^2 / N^2          mean of the squared entries

The official form divides a root by N^2, which makes it vanish on large grids: at 620 x 460, cells of 4, its
gradient is about a thousandth of that of the mean squared error at the paper's weight of 0.25.

N x N matrices are never built. With D = X_s - X_t and S = X_s + X_t,
|A_s - A_t|^2 = (tr(D D' S S') + tr(S D' S D')) / 2, exactly, of C x C matrices; with unequal numbers of
channels |X_s X_s'|^2 + |X_t X_t'|^2 - 2 |X_s X_t'|^2 in double precision, for there three large numbers cancel.

Source: Mitheran et al., 2022, https://arxiv.org/abs/2207.11250, and its authors' code.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from components.errors import PairError

Norm = Literal["official", "mean"]

_EPSILON = 1e-12  # inside the root, whose slope at zero is infinite


def loss(
    student: Tensor, teacher: Tensor, *, cell: int = 4, norm: Norm = "mean", unit: bool = False
) -> Tensor:
    """Measure how far the affinities of two batches are apart, in single precision also under autocast.

    Args:
        student: (B, C, H, W).
        teacher: (B, C', r H, r W) with a whole number r, of any number of channels; detached.
        cell: Side of a cell, pixels of `student`; rows and columns that fill no cell are left out.
        norm: As above.
        unit: Bring the vector of every position to length one first, for maps whose scales have
            nothing to do with each other.

    Returns:
        Scalar, lower is better. `mean` is 0 for equal affinities; `official` is 1e-6 / N^2 there.

    Raises:
        PairError: the teacher's sides are not a whole multiple of the student's, or no cell fits.

    Example:
        Two positions; affinities [[1, 1], [1, 1]] and [[4, 4], [4, 4]], four entries 3 apart:

        >>> one = torch.ones(1, 1, 1, 2)
        >>> loss(one, 2 * one, cell=1)
        tensor(9.)
    """
    x, y = _positions(student, teacher, cell=cell, unit=unit)
    with torch.autocast(student.device.type, enabled=False):
        squares = _squared_distance(x, y)  # (B,)
        entries = x.shape[-1] ** 2
        if norm == "official":
            return (squares.sum() + _EPSILON).sqrt() / entries
        return squares.mean() / entries


def _positions(student: Tensor, teacher: Tensor, *, cell: int, unit: bool) -> tuple[Tensor, Tensor]:
    """Average both over the cells: (B, C, N) and (B, C', N)."""
    (h, w), (th, tw) = student.shape[-2:], teacher.shape[-2:]
    ratio = th // h
    if (ratio * h, ratio * w) != (th, tw) or ratio < 1:
        raise PairError(
            f"the teacher's sides must be a whole multiple of the student's {h}x{w}, got {th}x{tw}"
        )
    if min(h, w) < cell:
        raise PairError(f"a cell of {cell} pixels does not fit into {h}x{w}")
    x = F.avg_pool2d(student.float(), cell).flatten(2)
    y = F.avg_pool2d(teacher.detach().float(), cell * ratio).flatten(2)
    return (F.normalize(x, dim=1), F.normalize(y, dim=1)) if unit else (x, y)


def _squared_distance(x: Tensor, y: Tensor) -> Tensor:
    """Square |X' X - Y' Y| for each sample, (B,)."""
    if x.shape[1] != y.shape[1]:
        x, y = x.double(), y.double()
        of_x, of_y, across = x @ x.mT, y @ y.mT, x @ y.mT
        squares = of_x.square().sum((1, 2)) + of_y.square().sum((1, 2))
        return (squares - 2 * across.square().sum((1, 2))).clamp(min=0).float()
    d, s = x - y, x + y
    cross = s @ d.mT
    return ((d @ d.mT) * (s @ s.mT) + cross * cross.mT).sum((1, 2)) / 2
