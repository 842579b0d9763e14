"""Super-resolution on all three channels, a border of `scale` + 6 pixels left out, as for DIV2K.

The restored image is clamped and rounded to 8 bits. A grey ground truth counts as three equal channels.
Sets: the validation pictures of DIV2K and DF2K. BasicSR crops `scale` pixels instead: its numbers for
these sets are others. SSIM: 11 x 11 Gaussian, whole windows, mean over channels.

Source: the evaluation of EDSR (https://arxiv.org/abs/1707.02921), which DASR and KDSR took over.
"""

from torch import Tensor

from components import protocols
from components.pictures import crops, levels, pair

METRICS = ("psnr", "ssim")

_BEYOND_SCALE = 6


class Protocol(protocols.Protocol):
    """RGB, 8 bits, border of `scale` + 6 pixels."""

    enlarges = True
    half = True

    @property
    def id(self) -> str:
        """Name and settings, such as `sr_rgb:x4:crop10`."""
        return f"sr_rgb:x{self.scale}:crop{self._border}"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Round and crop both; two (B, 3, H - 2 * border, W - 2 * border)."""
        pair.require_same_shape(restored, gt)
        shown = levels.rounded(restored), levels.held(gt)
        return crops.inside(shown[0], self._border), crops.inside(shown[1], self._border)

    @property
    def _border(self) -> int:
        return self.scale + _BEYOND_SCALE
