"""Raindrop removal as its authors measure it: OpenCV's Y, full range, sides cropped to multiples of 4.

Both pictures lose up to 3 rows and columns at the bottom and right before the model sees them. Y is
OpenCV's YCrCb for bytes: black is 0 and white 255, computed in integers and rounded. It gives 1.32 dB
less than MATLAB's Y for the same error: numbers of this protocol stand beside no others. Sets: Raindrop
test_a (58 aligned pairs); test_b is partly misaligned. SSIM: scikit-image's defaults, a 7 x 7 box.

The restored image is clipped and rounded, where the authors' code cuts the fraction off, without
clipping.

Source: Qian et al., CVPR 2018, https://arxiv.org/abs/1711.10098, and its repository DeRaindrop; DuRN
(https://arxiv.org/abs/1903.08817) measures likewise.
"""

import torch
from torch import Tensor

from components import protocols
from components.pictures import crops, levels, pair

METRICS = ("psnr", "ssim_skimage")

_MULTIPLE = 4

# OpenCV's fixed point for 8 bits: weights of R, G, B over 2^14, half a level added before the shift.
_WEIGHTS = (4899, 9617, 1868)
_ONE = 1 << 14


class Protocol(protocols.Protocol):
    """OpenCV's Y in 8 bits, multiples of 4."""

    half = True

    @property
    def id(self) -> str:
        """Name and settings."""
        return "raindrop_y_opencv:y8:mod4"

    def truth(self, gt: Tensor, lq: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Crop (B, 3, H, W) at the right and bottom to multiples of 4."""
        return crops.corner(gt, _MULTIPLE)

    def given(self, lq: Tensor) -> Tensor:
        """Crop (B, 3, h, w) likewise."""
        return crops.corner(lq, _MULTIPLE)

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the weights sum to one, so grey stays grey
        """Show both on Y; two (B, 1, H, W)."""
        pair.require_same_shape(restored, gt)
        return _luma(levels.rounded(restored)), _luma(levels.rounded(gt))


def _luma(rgb: Tensor) -> Tensor:
    """Turn 8-bit RGB (B, 3, H, W) into Y (B, 1, H, W), float64 in [0, 1]."""
    samples = torch.round(rgb * 255).long()
    weights = torch.tensor(_WEIGHTS, device=rgb.device).view(3, 1, 1)
    y = ((samples * weights).sum(dim=1, keepdim=True) + _ONE // 2) // _ONE
    return y.double() / 255
