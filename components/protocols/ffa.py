"""Dehazing as FFA-Net and its followers measure it: RGB in floats, SSIM with zeros beyond the borders.

The restored image is clamped and not rounded. Where the ground truth is larger than its hazy mate, its
centre counts (SOTS indoor: 640 x 480 against 620 x 460). A grey ground truth counts as three equal
channels. Sets: SOTS indoor and outdoor. SSIM: 11 x 11 Gaussian over every pixel, zeros around the
picture, which lifts or lowers it at the borders.

Source: Qin et al., AAAI 2020, https://arxiv.org/abs/1911.07559, and its repository FFA-Net; the code of
GridDehazeNet and of RFD-FAM measures likewise.
"""

from torch import Tensor

from components import protocols
from components.pictures import crops, levels, pair

METRICS = ("psnr", "ssim_ffa")


class Protocol(protocols.Protocol):
    """RGB in floats, centre of the ground truth."""

    @property
    def id(self) -> str:
        """Name and settings."""
        return "ffa:rgb:centre"

    def truth(self, gt: Tensor, lq: Tensor | None) -> Tensor:
        """Crop (B, 3, H, W) to the centre, of the hazy picture's size."""
        return gt if lq is None else crops.centre(gt, lq.shape[-2], lq.shape[-1])

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Clip the restored image; two (B, 3, H, W)."""
        pair.require_same_shape(restored, gt)
        return levels.clipped(restored), levels.clipped(gt)
