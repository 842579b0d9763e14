"""Dehazing on 8-bit RGB, nothing cropped but the frame that a set's clean pictures have.

The restored image is clamped and rounded to 8 bits. Where the ground truth is larger than its hazy mate,
its centre counts: SOTS indoor has clean pictures of 640 x 480 with a white frame of 10 pixels, and hazy
ones of 620 x 460. A grey ground truth counts as three equal channels. Sets: SOTS indoor and outdoor,
HSTS. SSIM: scikit-image's defaults, a 7 x 7 box, mean over channels.

Source: DuRN's evaluation (https://arxiv.org/abs/1903.08817), rounded here where it cuts the fraction
off. `ffa` is the other way the field measures the same sets.
"""

from torch import Tensor

from components import protocols
from components.pictures import crops, levels, pair

METRICS = ("psnr", "ssim_skimage")


class Protocol(protocols.Protocol):
    """RGB, 8 bits, centre of the ground truth."""

    half = True

    @property
    def id(self) -> str:
        """Name and settings."""
        return "dehaze_rgb:rgb8:centre"

    def truth(self, gt: Tensor, lq: Tensor | None) -> Tensor:
        """Crop (B, 3, H, W) to the centre, of the hazy picture's size."""
        return gt if lq is None else crops.centre(gt, lq.shape[-2], lq.shape[-1])

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Round the restored image; two (B, 3, H, W)."""
        pair.require_same_shape(restored, gt)
        return levels.rounded(restored), levels.held(gt)
