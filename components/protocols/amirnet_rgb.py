"""Mixed real damage as AMIRNet measures it: RGB in floats, whole pictures.

The restored image is clamped and not rounded, nothing is cropped: the network pads for itself. A grey
ground truth counts as three equal channels. Sets: pictures of SIDD (noise), DPDD (defocus), LOL (low
light) and REDS (motion), a quarter each. The authors print one mean over the mixture; ours stands beside
a mean a slice. SSIM: scikit-image's defaults, a 7 x 7 box, mean over channels.

Source: the repository of AMIRNet; `all_in_one_rgb16` without its crop and its cut.
"""

from torch import Tensor

from components import protocols
from components.pictures import levels, pair

METRICS = ("psnr", "ssim_skimage")


class Protocol(protocols.Protocol):
    """RGB in floats, no crop."""

    @property
    def id(self) -> str:
        """Name and settings."""
        return "amirnet_rgb:rgb:crop0"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Clip the restored image; two (B, 3, H, W)."""
        pair.require_same_shape(restored, gt)
        return levels.clipped(restored), levels.clipped(gt)
