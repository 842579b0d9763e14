"""Deblurring on 8-bit RGB at full size, nothing cropped.

The restored image is clamped and rounded to 8 bits. A grey ground truth counts as three equal channels.
Sets: GoPro (1280 x 720, the folder without gamma), HIDE, RealBlur; the sets bring their own blur. DuRN
shrinks GoPro to 640 x 360 first: its numbers stand beside no others. SSIM: 11 x 11 Gaussian, whole
windows, mean over channels. MATLAB's `ssim`, which MPRNet's script calls, takes RGB for a volume and also
smooths across the channels: it gives another number, as NAFNet's window of 11 x 11 x 11 does.

Source: the evaluation scripts of MPRNet (https://arxiv.org/abs/2102.02808) and Restormer
(https://arxiv.org/abs/2111.09881); their PSNR is this one.
"""

from torch import Tensor

from components import protocols
from components.pictures import levels, pair

METRICS = ("psnr", "ssim")


class Protocol(protocols.Protocol):
    """RGB, 8 bits, no crop."""

    half = True

    @property
    def id(self) -> str:
        """Name and settings."""
        return "deblur_rgb:rgb8:crop0"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Round the restored image; two (B, 3, H, W)."""
        pair.require_same_shape(restored, gt)
        return levels.rounded(restored), levels.held(gt)
