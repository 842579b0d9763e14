"""Super-resolution as its papers measure it: on luma, a border of `scale` pixels left out.

The restored image is clamped and rounded to 8 bits, as a file would hold it; then both images become
MATLAB's Y in studio range, not rounded again. A grey ground truth is compared as it is: grey values,
no Y. Sets: Set5, Set14, B100, Urban100, Manga109, degraded by MATLAB's bicubic; KDSR and its kin blur
first (widths 1.8 to 3.2) and, in their setting with noise, add noise and round to 8 bits. SSIM: 11 x 11
Gaussian, whole windows.

Source: the evaluation of EDSR (https://arxiv.org/abs/1707.02921) and all who compare with it. One
picture of Set14 is grey: taking it for RGB and measuring it on Y raises the set's mean by 0.09 dB.
"""

from torch import Tensor

from components import protocols
from components.pictures import colour, crops, levels, pair

METRICS = ("psnr", "ssim")


class Protocol(protocols.Protocol):
    """Luma, 8 bits, border of `scale` pixels."""

    enlarges = True
    half = True

    @property
    def id(self) -> str:
        """Name and settings, such as `sr_y:x4:crop4`."""
        return f"sr_y:x{self.scale}:crop{self.scale}"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:
        """Show both images as super-resolution's metrics must see them.

        Args:
            restored: (B, 3, H, W), RGB around [0, 1].
            gt: Same shape, in [0, 1], as read from a file of 8 or 16 bits.
            grey: The ground truth file has one channel, repeated to three here.

        Returns:
            Two (B, 1, H - 2 * scale, W - 2 * scale), float64 in [0, 1].

        Raises:
            PairError: shapes differ, restored holds NaN or Inf, or the crop leaves nothing.
        """
        pair.require_same_shape(restored, gt)
        restored, gt = levels.clipped(restored), levels.held(gt)
        if grey:
            restored, gt = levels.rounded(colour.grey(restored)), gt[:, :1]
        else:
            restored, gt = colour.luma(levels.rounded(restored)), colour.luma(gt)
        return crops.inside(restored, self.scale), crops.inside(gt, self.scale)
