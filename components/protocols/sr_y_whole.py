"""Super-resolution on luma, the whole image: as `sr_y`, but no border is left out.

Published tables of blind super-resolution exist that were measured so, on images whose blur saw black
outside (`gaussian_blur` with `border: zero`): the dark rim costs bicubic 0.4 to 1.1 dB on Set5, more at larger
widths. A grey ground truth is taken for RGB and measured on Y, which raises the mean of Set14 by 0.09 dB.
None of this is said where the tables stand; together it gives the rows of bicubic on blurred images to 0.01 dB
(docs/results.md). For new work use `sr_y`. Sets: Set5, Set14, B100, Urban100. SSIM: 11 x 11 Gaussian, whole windows.

Source: the bicubic rows of CDFormer, https://arxiv.org/abs/2405.07648, found by trial.
"""

from torch import Tensor

from components import protocols
from components.pictures import colour, levels, pair

METRICS = ("psnr", "ssim")


class Protocol(protocols.Protocol):
    """Luma, 8 bits, no border."""

    enlarges = True
    half = True

    @property
    def id(self) -> str:
        """Name and settings, such as `sr_y_whole:x4:crop0`."""
        return f"sr_y_whole:x{self.scale}:crop0"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Show both images whole.

        Args:
            restored: (B, 3, H, W), RGB around [0, 1].
            gt: Same shape, in [0, 1], as read from a file of 8 or 16 bits.
            grey: Passed over: three equal channels are RGB like any other.

        Returns:
            Two (B, 1, H, W), float64 in [0, 1].

        Raises:
            PairError: shapes differ, or restored holds NaN or Inf.
        """
        pair.require_same_shape(restored, gt)
        restored, gt = levels.clipped(restored), levels.held(gt)
        return colour.luma(levels.rounded(restored)), colour.luma(gt)
