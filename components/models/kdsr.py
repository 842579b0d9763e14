"""KDSR: blind super-resolution whose estimate of the degradation becomes the kernels of its blocks.

An estimator looks at the whole image and gives a code. Every block of the trunk turns the code into one
3 x 3 depthwise kernel per channel and per sample. The teacher's estimator also sees the ground truth,
which makes the degradation easy to tell; the student's sees the degraded image alone.

`encode` gives the paper's D' (4 * channels numbers), on which the student is distilled. `restore`
compresses it to D (channels numbers) by the estimator's last layer and runs the trunk. Layers stand in
the order of the authors' code, so that its weights fit once their prefixes are renamed.

Source: Xia et al., "Knowledge Distillation based Degradation Estimation for Blind Super-Resolution",
ICLR 2023, https://arxiv.org/abs/2211.16928. Where the paper's figure and the authors' code differ, this
is the code, whose number of parameters is the one that the paper states: three convolutions between
the estimator's residual blocks and its pooling, and D' taken after its activation.

A departure of ours, off by default, is `skip: bicubic`: the trunk adds to the bicubically enlarged
input, and its last convolution starts at zero. The untrained network is then bicubic enlargement, from
which a small network improves within minutes; the paper's starts as noise around a grey image.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from components import models
from components.errors import PairError
from components.parts import PartParams
from components.pictures.resize import resize
from components.pictures.tiles import tiles

_MEAN = (0.4488, 0.4371, 0.4040)  # RGB, taken off the input and put back; the authors' constant
_TILE = 512  # side of the tiles in which the estimator walks large images
_SLOPE = 0.1  # of every LeakyReLU
_STEPS = {2: (2,), 3: (3,), 4: (2, 2)}  # the factors by which the upsampler reaches a scale


class Params(PartParams):
    """Parameters of KDSR; the defaults are the paper's student of medium size."""

    name: Literal["kdsr"] = "kdsr"
    scale: Literal[2, 3, 4] = Field(default=4, description="how many times larger the output is")
    channels: int = Field(default=64, ge=1, description="feature maps; a quarter of the code")
    num_blocks: int = Field(default=53, ge=1, description="dynamic blocks of the trunk")
    num_encoder_blocks: int = Field(default=9, ge=0, description="residual blocks of the estimator")
    privileged: bool = Field(
        default=False, description="a teacher: the estimator also sees the ground truth"
    )
    skip: Literal["none", "bicubic"] = Field(
        default="none", description="none: the paper's; bicubic: start as bicubic enlargement"
    )


PRESETS: dict[str, Params] = {
    "M": Params(),
    "L": Params(channels=128, num_blocks=28, num_encoder_blocks=5),
    "GAN": Params(channels=128, num_blocks=42, num_encoder_blocks=6),
    "small": Params(channels=24, num_blocks=4, num_encoder_blocks=1, skip="bicubic"),
}
"""Students at x4; `PRESETS["M"].model_copy(update={"privileged": True})` is M's teacher."""

AUTHORS_NAMES = (
    (r"^G\.(sub|add)_mean\..*", None),  # frozen numbers, a buffer here
    (r"^E(_st)?\.E\.", "estimator.body."),
    (r"^E(_st)?\.", "estimator."),
    (r"^G\.head\.0\.", "trunk.head."),
    (r"^G\.body\.0\.body\.", "trunk.blocks."),
    (r"^G\.body\.1\.", "trunk.fuse."),
    (r"^G\.tail\.0\.", "trunk.upsampler."),
    (r"^G\.tail\.1\.", "trunk.tail."),
    (r"\.da_conv1\.", ".dynamic."),
    (r"\.conv1\.", ".conv."),
)
"""Regular expressions that turn the names in the authors' files into ours, in order; None drops."""


class Model(models.RestorationModel):
    """The estimator, whose code describes the degradation, and the trunk, which restores under it.

    A student inherits its teacher's trunk: `student.trunk.load_state_dict(teacher.trunk.state_dict())`.
    """

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.scale = params.scale
        self.privileged = params.privileged
        # The trunk's exact reach: one pixel for each 3x3 convolution up to the upsampler's first (the
        # head, two a block, `fuse`, that one), and one for those behind it, on finer grids. The code
        # reaches further, but it is made once, from the whole image.
        self.halo = 2 * params.num_blocks + 4
        self.estimator = Estimator(params)
        self.trunk = Trunk(params)

    def encode(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:
        """Give the paper's D', (B, 4 * channels); only a privileged model looks at `gt`.

        Raises:
            PairError: the model is privileged, and gt is missing or not `scale` times as large as lq.
        """
        code: Tensor = self.estimator(self._with_gt(lq, gt) if self.privileged else lq)
        return code

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:
        """Restore (B, 3, h, w), of any height and width, under a code (B, 4 * channels).

        Raises:
            TypeError: code is None.
        """
        if code is None:
            raise TypeError("kdsr restores under a code that its encode gave, got None")
        restored: Tensor = self.trunk(lq, self.estimator.compress(code))
        return restored

    def _with_gt(self, lq: Tensor, gt: Tensor | None) -> Tensor:
        """Lay each ground-truth pixel over the degraded pixel it lies in: (B, 3 + 3 * scale^2, h, w)."""
        if gt is None:
            raise PairError("a privileged kdsr encodes lq and gt together, got no gt")
        b, c, h, w = lq.shape
        expected = (b, c, h * self.scale, w * self.scale)
        if gt.shape != expected:
            raise PairError(
                f"gt of lq {tuple(lq.shape)} at scale {self.scale} must be {expected}, "
                f"got {tuple(gt.shape)}"
            )
        return torch.cat((lq, F.pixel_unshuffle(gt, self.scale)), dim=1)


class Estimator(nn.Module):
    """KD-IDE: a degraded image, with or without its ground truth, to the code D'."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        c = params.channels
        seen = 3 + 3 * params.scale**2 if params.privileged else 3
        self.body = nn.Sequential(
            _conv(seen, c),
            _activation(),
            *(ResidualBlock(c) for _ in range(params.num_encoder_blocks)),
            _conv(c, 2 * c),
            _activation(),
            _conv(2 * c, 2 * c),
            _activation(),
            _conv(2 * c, 4 * c),
            _activation(),
        )
        self._reach = 2 * params.num_encoder_blocks + 4  # a pixel for each 3x3 convolution
        self.mlp = nn.Sequential(
            nn.Linear(4 * c, 4 * c), _activation(), nn.Linear(4 * c, 4 * c), _activation()
        )
        # Called by `Model.restore`. It stands here because the estimator is trained and thrown away as
        # a whole: a student does not inherit its teacher's.
        self.compress = nn.Sequential(nn.Linear(4 * c, c), _activation())

    def forward(self, seen: Tensor) -> Tensor:
        """Describe (B, 3 or 3 + 3 * scale^2, h, w), RGB in [0, 1], by (B, 4 * channels)."""
        code: Tensor = self.mlp(self._pooled(seen))
        return code

    def _pooled(self, seen: Tensor) -> Tensor:
        """Average the features over the image: (B, 4 * channels).

        A large image is walked in tiles, for its features would take 16 * channels bytes a pixel; the
        average is that of the whole, as every tile sees all that its inside depends on.
        """
        h, w = seen.shape[-2:]
        if torch.is_grad_enabled() or h * w <= _TILE**2:
            whole: Tensor = self.body(seen).mean(dim=(2, 3))
            return whole
        total = seen.new_zeros(())
        for tile in tiles(h, w, side=_TILE, halo=self._reach):
            features = self.body(seen[..., tile.outer.rows, tile.outer.columns])
            total = total + features[..., tile.inner.rows, tile.inner.columns].sum(dim=(2, 3))
        return total / (h * w)


class ResidualBlock(nn.Module):
    """The estimator's block: two convolutions beside the identity, without normalisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(channels, channels), _activation(), _conv(channels, channels)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Keep the shape."""
        details: Tensor = self.body(features)
        return features + details


class Trunk(nn.Module):
    """The super-resolution network, steered by the compressed code D."""

    mean: Tensor

    def __init__(self, params: Params) -> None:
        super().__init__()
        c = params.channels
        self.scale = params.scale
        self.skip = params.skip
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1), persistent=False)
        self.head = _conv(3, c)
        self.blocks = nn.ModuleList(DynamicBlock(c) for _ in range(params.num_blocks))
        self.fuse = _conv(c, c)
        self.upsampler = nn.Sequential()
        for factor in _STEPS[params.scale]:
            self.upsampler.extend((_conv(c, c * factor**2), nn.PixelShuffle(factor)))
        self.tail = _conv(c, 3)
        if params.skip == "bicubic":
            for parameter in self.tail.parameters():
                nn.init.zeros_(parameter)

    def forward(self, lq: Tensor, compressed: Tensor) -> Tensor:
        """Restore (B, 3, h, w) under (B, channels): (B, 3, h * scale, w * scale)."""
        shallow = self.head(lq - self.mean)  # (B, C, h, w)
        deep = shallow
        for block in self.blocks:
            deep = block(deep, compressed)
        details: Tensor = self.tail(self.upsampler(self.fuse(deep) + shallow))
        return details + self._base(lq)

    def _base(self, lq: Tensor) -> Tensor:
        """What the details are added to: the mean colour in the paper, or bicubic enlargement."""
        if self.skip == "none":
            return self.mean
        return resize(lq, lq.shape[-2] * self.scale, lq.shape[-1] * self.scale)


class DynamicBlock(nn.Module):
    """IDR-DCRB: a dynamic and an ordinary convolution beside the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dynamic = DynamicConv(channels)
        self.conv = _conv(channels, channels)

    def forward(self, features: Tensor, compressed: Tensor) -> Tensor:
        """Keep the shape of `features`, (B, C, h, w); `compressed` is (B, C)."""
        details: Tensor = self.conv(F.leaky_relu(self.dynamic(features, compressed), _SLOPE))
        return features + details


class DynamicConv(nn.Module):
    """IDR-DDC: a 3x3 depthwise convolution whose kernels are made from the compressed code."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.kernel = nn.Sequential(
            nn.Linear(channels, channels, bias=False),
            _activation(),
            nn.Linear(channels, 9 * channels, bias=False),
        )

    def forward(self, features: Tensor, compressed: Tensor) -> Tensor:
        """Convolve (B, C, h, w) with kernels made from (B, C), every sample with its own."""
        b, c, h, w = features.shape
        kernels = self.kernel(compressed).view(b * c, 1, 3, 3)
        # Batch into channels: a group per sample and channel. On a CPU this takes a quarter of the time
        # of nine shifted products and a seventh of unfolding, forward and backward. A graph traced
        # from it is bound to its batch size.
        folded = features.reshape(1, b * c, h, w)
        return F.conv2d(folded, kernels, padding=1, groups=b * c).view(b, c, h, w)


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1)


def _activation() -> nn.LeakyReLU:
    return nn.LeakyReLU(_SLOPE)
