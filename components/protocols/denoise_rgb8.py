"""Denoising as Restormer measures it: noise in floats, neither clipped nor rounded; the result in 8 bits.

The model is given the noisy image with all values beyond [0, 1]; the restored image is clamped and
rounded to 8 bits. Nothing is cropped; a network that needs multiples of 8 pads by reflection. A grey
ground truth counts as three equal channels. Sets: CBSD68, Kodak24, McMaster, Urban100, levels 15, 25 and
50 of 255. SSIM: 11 x 11 Gaussian, whole windows, mean over channels. Noise is seeded a picture: by its
own digest here, by the number 0 there, so that single pictures agree to some hundredths of a decibel.
Clipped noise is another task, at level 50 by 1.1 dB: see `all_in_one_rgb16`.

Source: Zamir et al., CVPR 2022, https://arxiv.org/abs/2111.09881, the tests of its Gaussian denoising.
"""

from torch import Tensor

from components import protocols
from components.pictures import levels, pair

METRICS = ("psnr", "ssim")


class Protocol(protocols.Protocol):
    """RGB, 8 bits, no crop; the noise as it was drawn."""

    half = True

    @property
    def id(self) -> str:
        """Name and settings."""
        return "denoise_rgb8:rgb8:noise-float"

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Round the restored image; two (B, 3, H, W)."""
        pair.require_same_shape(restored, gt)
        return levels.rounded(restored), levels.held(gt)
