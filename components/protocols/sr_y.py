"""Super-resolution as its papers measure it: on luma, a border of `scale` pixels left out.

The restored image is clamped and rounded to 8 bits, as a file would hold it; then both images become
MATLAB's Y in studio range, not rounded again. A grey ground truth is compared as it is: grey values,
no Y. Sets: Set5, Set14, B100, Urban100, Manga109, degraded by MATLAB's bicubic.

Source: the evaluation of EDSR (https://arxiv.org/abs/1707.02921) and all who compare with it. One
picture of Set14 is grey: taking it for RGB and measuring it on Y raises the set's mean by 0.09 dB.
"""

import torch
from torch import Tensor

from components import protocols
from components.errors import PairError
from components.pictures import colour, pair

METRICS = ("psnr", "ssim")


class Protocol(protocols.Protocol):
    """Luma, 8 bits, border of `scale` pixels."""

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
        if not restored.isfinite().all():
            raise PairError("restored holds NaN or Inf, it cannot be measured")
        # 65535 = 255 * 257: one grid gives back the exact levels of both kinds of file.
        restored, gt = restored.double().clamp(0, 1), _snap(gt.double(), 65535)
        if grey:
            return self._crop(_snap(colour.grey(restored), 255)), self._crop(gt[:, :1])
        return self._crop(colour.luma(_snap(restored, 255))), self._crop(colour.luma(gt))

    def _crop(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        if min(height, width) <= 2 * self.scale:
            raise PairError(f"a border of {self.scale} pixels leaves nothing of {height}x{width}")
        return image[..., self.scale : -self.scale, self.scale : -self.scale]


def _snap(image: Tensor, top: int) -> Tensor:
    """Round values in [0, 1] to the levels of an integer type that ends at `top`."""
    return torch.round(image * top) / top
