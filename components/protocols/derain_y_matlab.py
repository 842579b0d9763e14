"""Deraining as its MATLAB scripts measure it: on rounded luma of 8-bit pictures, nothing cropped.

The restored image is clamped and rounded to 8 bits; then `rgb2ycbcr` for bytes makes Y in studio range
of both and rounds it again, which costs some hundredths of a decibel against `sr_y`'s unrounded Y. A
grey ground truth is compared as it is. Sets: Rain100L, Rain100H, Test100, Test1200, Test2800, Rain1400;
the sets bring their own rain. SSIM: 11 x 11 Gaussian, whole windows; PReNet's variant that shrinks large
pictures first does nothing at Rain100's size.

Source: the evaluation scripts of PReNet (https://arxiv.org/abs/1901.09221) and MPRNet
(https://arxiv.org/abs/2102.02808), which Restormer took over.
"""

from torch import Tensor

from components import protocols
from components.pictures import colour, levels, pair

METRICS = ("psnr", "ssim")


class Protocol(protocols.Protocol):
    """Luma rounded to 8 bits, no crop."""

    half = True

    @property
    def id(self) -> str:
        """Name and settings."""
        return "derain_y_matlab:y8:crop0"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:
        """Show both on Y; two (B, 1, H, W)."""
        pair.require_same_shape(restored, gt)
        restored, gt = levels.clipped(restored), levels.held(gt)
        if grey:
            return levels.rounded(colour.grey(restored)), gt[:, :1]
        return levels.rounded(colour.luma(levels.rounded(restored))), levels.rounded(
            colour.luma(gt)
        )
