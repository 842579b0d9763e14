"""The bin of metrics: one number per image, in float64.

A metric file holds:
    its docstring      the first line describes it; the rest gives formula and source
    UNIT               "dB", "" for a pure number
    HIGHER_IS_BETTER   the direction, which tables and the gate read
    measure            (restored, gt) -> (B,)

A metric that needs weights or settings holds the same three in a class instead:

    Params             its own parameters, a `PartParams`; files of others come with their sha256
    Metric             with UNIT, HIGHER_IS_BETTER and measure, built as `Metric(params)`

Both kinds look alike to whoever measures: a module of the first is what an object of the second is.

Metrics see what a protocol shows them: any number of channels, values in [0, 1], already rounded and
cropped. They never average over images; that is the benchmark's work.
"""

from typing import Protocol

from torch import Tensor


class Metric(Protocol):
    """What a metric looks like from outside, be it a module or an object."""

    UNIT: str
    HIGHER_IS_BETTER: bool

    def measure(self, restored: Tensor, gt: Tensor) -> Tensor:
        """Compare images.

        Args:
            restored: (B, C, H, W), float64, in [0, 1].
            gt: Same shape and range.

        Returns:
            (B,) float64 in `UNIT`.

        Raises:
            PairError: shapes differ, or values leave [0, 1].
        """
