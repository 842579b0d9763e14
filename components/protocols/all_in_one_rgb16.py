"""All-in-one restoration as AirNet and PromptIR measure it: RGB in floats, sides of multiples of 16.

Both pictures are cropped to the centre before the model sees them, the ground truth first to the size of
its mate. Degraded values are clipped and cut, not rounded, to 8 bits: noise becomes half a level darker,
and at level 50 the task 1.1 dB easier at the input than unclipped noise (15.28 against 14.16 dB). The
restored image is clamped and not rounded. A grey ground truth counts as three equal channels. Sets:
CBSD68 at levels 15, 25 and 50, Rain100L, SOTS outdoor; GoPro and LOL with five tasks. SSIM:
scikit-image's defaults, a 7 x 7 box, mean over channels. Noise is seeded a picture: by its own digest
here; there once for all, so that it depends on the order in which a folder is listed.

Source: Potlapalli et al., NeurIPS 2023, https://arxiv.org/abs/2306.13090, and its repository PromptIR;
AirNet, AdaIR and InstructIR measure likewise. IDR crops to multiples of 32.
"""

from torch import Tensor

from components import protocols
from components.pictures import crops, levels, pair

METRICS = ("psnr", "ssim_skimage")

_MULTIPLE = 16


class Protocol(protocols.Protocol):
    """RGB in floats, centre of multiples of 16, degraded values cut to 8 bits."""

    @property
    def id(self) -> str:
        """Name and settings."""
        return "all_in_one_rgb16:rgb:mod16:noise-cut8"

    def truth(self, gt: Tensor, lq: Tensor | None) -> Tensor:
        """Crop (B, 3, H, W) to the centre: of the mate's size, then of multiples of 16."""
        if lq is not None:
            gt = crops.centre(gt, lq.shape[-2], lq.shape[-1])
        return crops.centre_multiple(gt, _MULTIPLE)

    def given(self, lq: Tensor) -> Tensor:
        """Crop (B, 3, h, w) to the centre, of multiples of 16; clip and cut its values to 8 bits."""
        return levels.cut(crops.centre_multiple(lq, _MULTIPLE))

    def view(self, restored: Tensor, gt: Tensor, *, grey: bool) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - the contract
        """Clip the restored image; two (B, 3, H, W)."""
        pair.require_same_shape(restored, gt)
        return levels.clipped(restored), levels.clipped(gt)
