"""AMIRNet: one network for unknown damage, steered by where the image falls in a tree of degradations.

An encoder looks at the degraded image and gives, for each level of the tree, a value p and a logit m for every
node; the level's code is softmax(m) * p. The levels grown so far, 1 + 2 + 4 + 8 numbers with the defaults,
steer the blocks of NAFNet's encoder: the affine part of both norms, both gates and both skips' scales are
affine maps of the code, added up over the levels.

`encode` gives the code of the whole image; every tile is restored under it. Levels that are not grown are zero
in it and absent from the maps. For one code the network is a plain NAFNet (`folded`), exactly.

Two modes differ, as the authors' code (`faithful`) and as we recommend:

    mask_head   sigmoid: softmax over numbers in (0, 1) can never be sharp;  logits
    start       default: a new level enters with random maps;  skip: all maps are zero but level 0's constants,
                so that the network starts as NAFNet does and growing a level changes nothing

Source: Zhang et al., AMIRNet, ACM MM 2023, https://doi.org/10.1145/3581783.3611825,
https://arxiv.org/abs/2308.03021, as its authors' code; the text could not be read.
"""

from typing import Literal, NamedTuple, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from torch import Tensor, nn

from components import models
from components.layers.naf import gate, normalised
from components.layers.naf_unet import NafUnet
from components.parts import PartParams

_SLOPE = 0.1
_STEERED = 8  # quantities of a block: scale, shift, gate, skip; twice


class Params(PartParams):
    """Parameters of AMIRNet; the defaults are the authors' widths with the recommended mode."""

    name: Literal["amirnet"] = "amirnet"
    width: int = Field(default=64, ge=1, description="channels at full size")
    encoder: tuple[int, ...] = Field(
        default=(1, 1, 1, 28), min_length=1, strict=False, description="steered blocks a stage"
    )
    middle: int = Field(default=1, ge=0, description="plain blocks at the coarsest size")
    decoder: tuple[int, ...] = Field(
        default=(1, 1, 1, 1), min_length=1, strict=False, description="plain blocks a stage"
    )
    nodes: tuple[int, ...] = Field(
        default=(1, 2, 4, 8), min_length=1, strict=False, description="nodes of each level"
    )
    estimator: tuple[int, int, int] = Field(
        default=(64, 128, 256), strict=False, description="channels of the degradation encoder"
    )
    first_stride: int = Field(default=1, ge=1, description="of the degradation encoder; 4: slim")
    mask_head: Literal["logits", "sigmoid"] = "logits"
    start: Literal["skip", "default"] = "skip"
    norm: Literal["batch", "group"] = Field(default="batch", description="in the encoder")

    @model_validator(mode="after")
    def _a_tree(self) -> Self:
        if len(self.encoder) != len(self.decoder):
            raise PydanticCustomError("stages", "encoder and decoder need as many stages")
        if any(after % before for before, after in zip(self.nodes, self.nodes[1:], strict=False)):
            raise PydanticCustomError("tree", "each level needs a multiple of the nodes before it")
        return self


PRESETS: dict[str, Params] = {
    "w64": Params(),
    "w32": Params(width=32),
    "faithful": Params(mask_head="sigmoid", start="default"),
    "student": Params(width=16, encoder=(1, 1, 1, 12), estimator=(16, 32, 64), first_stride=4),
    "small": Params(
        width=12,
        encoder=(1, 1),
        decoder=(1, 1),
        estimator=(12, 24, 48),
        first_stride=2,
        norm="group",
    ),
}


class Levels(NamedTuple):
    """What the degradation encoder says of a batch.

    Attributes:
        masks: For each level, (B, nodes): logits of the nodes, or sigmoids in the faithful mode.
        values: For each level, (B, nodes).
        features: (B, C), what both come from.
    """

    masks: list[Tensor]
    values: list[Tensor]
    features: Tensor


class Model(models.RestorationModel):
    """The degradation encoder, and the backbone that it steers."""

    halo = 64  # as NAFNet's
    grown: Tensor

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params
        self.estimator = Estimator(params)
        self.backbone = NafUnet(
            params.width,
            params.encoder,
            params.middle,
            params.decoder,
            encoder_block=lambda channels: SteeredBlock(channels, params),
        )
        self.multiple_of = self.backbone.multiple_of
        self.register_buffer("grown", torch.tensor(1))

    def grow(self) -> int:
        """Take the next level of the tree into the code; return how many there are now.

        Raises:
            ValueError: all levels are grown.
        """
        if int(self.grown) == len(self.params.nodes):
            raise ValueError(f"all {len(self.params.nodes)} levels of the tree are grown")
        self.grown += 1
        return int(self.grown)

    def encode(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:  # noqa: ARG002 - the contract
        """Give the code, (B, sum of nodes); levels that are not grown are zero."""
        return self.code_of(self.estimator(lq))

    def code_of(self, levels: Levels) -> Tensor:
        """Put the levels' codes side by side, (B, sum of nodes)."""
        grown = _whole(self.grown, len(self.params.nodes))
        codes = [
            mask.softmax(dim=1) * value if level < grown else torch.zeros_like(value)
            for level, (mask, value) in enumerate(zip(levels.masks, levels.values, strict=True))
        ]
        return torch.cat(codes, dim=1)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:
        """Restore (B, 3, h, w), sides multiples of `multiple_of`, under a code (B, sum of nodes).

        Raises:
            TypeError: code is None.
        """
        if code is None:
            raise TypeError("amirnet restores under a code that its encode gave, got None")
        restored: Tensor = self.backbone(lq, self._with_grown(code))
        return restored

    def features(self, lq: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """Give the features behind the middle, and the restored image."""
        inner, skips = self.backbone.encode(lq, self._with_grown(code))
        return inner, self.backbone.decode(lq, inner, skips)

    def folded(self, code: Tensor) -> dict[str, Tensor]:
        """Give the weights of the plain NAFNet that this network is for one code.

        Args:
            code: (sum of nodes,), of one image, or of the leaf whose images it should restore.

        Returns:
            A state dict of models.nafnet with the same width and blocks.
        """
        state = dict(self.backbone.state_dict())
        for name, block in self.backbone.named_modules():
            if isinstance(block, SteeredBlock):
                state = {key: v for key, v in state.items() if not key.startswith(f"{name}.maps.")}
                plain = block.folded(self._with_grown(code[None]))
                state |= {f"{name}.{key}": value for key, value in plain.items()}
        return {f"unet.{name}": value for name, value in state.items()}

    def _with_grown(self, code: Tensor) -> Tensor:
        """Append how many levels count, which the maps must know, (B, sum of nodes + 1)."""
        return torch.cat((code, self.grown.to(code.dtype).expand(len(code), 1)), dim=1)


class SteeredBlock(nn.Module):
    """NAFNet's block whose norms, gates and skips are maps of the code."""

    def __init__(self, channels: int, params: Params) -> None:
        super().__init__()
        c = channels
        self.nodes = params.nodes
        self.conv1 = nn.Conv2d(c, 2 * c, 1)
        self.conv2 = nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.attend = nn.Conv2d(c, c, 1)
        self.conv3 = nn.Conv2d(c, c, 1)
        self.conv4 = nn.Conv2d(c, 2 * c, 1)
        self.conv5 = nn.Conv2d(c, c, 1)
        self.maps = nn.ModuleList(nn.Linear(n, _STEERED * c) for n in params.nodes)
        if params.start == "skip":
            self._start_as_nafnet(c)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """(B, C, H, W) and (B, sum of nodes + 1) -> (B, C, H, W)."""
        scale1, shift1, gate1, skip1, scale2, shift2, gate2, skip2 = self.steering(code)
        u = gate(self.conv2(self.conv1(normalised(x) * scale1 + shift1))) * gate1
        u = u * self.attend(u.mean(dim=(2, 3), keepdim=True))
        y = x + skip1 * self.conv3(u)
        v = gate(self.conv4(normalised(y) * scale2 + shift2)) * gate2
        restored: Tensor = y + skip2 * self.conv5(v)
        return restored

    def steering(self, code: Tensor) -> tuple[Tensor, ...]:
        """Map a code to the eight quantities, each (B, C, 1, 1)."""
        grown = _whole(code[0, -1], len(self.nodes))
        levels = code[:, :-1].split(self.nodes, dim=1)
        maps = zip(self.maps, levels, strict=True)
        total = torch.stack([affine(level) for affine, level in list(maps)[:grown]]).sum(dim=0)
        return total[..., None, None].chunk(_STEERED, dim=1)

    def folded(self, code: Tensor) -> dict[str, Tensor]:
        """Give the plain block's weights for one code, (1, sum of nodes + 1)."""
        steering = [quantity.flatten() for quantity in self.steering(code)]
        scale1, shift1, gate1, skip1, scale2, shift2, gate2, skip2 = steering
        state = {key: v for key, v in self.state_dict().items() if not key.startswith("maps.")}
        for name, columns in (("attend", gate1), ("conv3", gate1), ("conv5", gate2)):
            state[f"{name}.weight"] = state[f"{name}.weight"] * columns.view(1, -1, 1, 1)
        state |= {"norm1.weight": scale1, "norm1.bias": shift1}
        state |= {"norm2.weight": scale2, "norm2.bias": shift2}
        state |= {"beta": skip1.view(1, -1, 1, 1), "gamma": skip2.view(1, -1, 1, 1)}
        return {key: value.detach() for key, value in state.items()}

    def _start_as_nafnet(self, channels: int) -> None:
        """Zero all maps but the constants of level 0: scales and gates 1, shifts and skips 0."""
        for affine in self.maps.children():
            for parameter in affine.parameters():
                nn.init.zeros_(parameter)
        constants = torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
        with torch.no_grad():
            next(self.maps.children()).get_parameter("bias").copy_(
                constants.repeat_interleave(channels)
            )


class Estimator(nn.Module):
    """The degradation encoder: a degraded image to masks and values of every level."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        first, second, third = params.estimator
        self.body = nn.Sequential(
            Residual(3, first, params.first_stride, params.norm),
            Residual(first, second, 2, params.norm),
            Residual(second, third, 2, params.norm),
        )
        self.squash = params.mask_head == "sigmoid"
        self.values = nn.ModuleList(_head(third, n) for n in params.nodes)
        self.masks = nn.ModuleList(_head(third, n) for n in params.nodes)

    def forward(self, lq: Tensor) -> Levels:
        """(B, 3, h, w) of any size -> what it says of each level."""
        features = self.body(lq).mean(dim=(2, 3))
        masks = [head(features) for head in self.masks]
        return Levels(
            [mask.sigmoid() for mask in masks] if self.squash else masks,
            [head(features) for head in self.values],
            features,
        )


class Residual(nn.Module):
    """Two convolutions with norms, and a projected skip."""

    def __init__(self, inputs: int, outputs: int, stride: int, norm: str) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            _norm(norm, outputs),
            nn.LeakyReLU(_SLOPE, inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            _norm(norm, outputs),
        )
        self.skip = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), _norm(norm, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride), rounded up."""
        return F.leaky_relu(self.body(x) + self.skip(x), _SLOPE)


def _whole(number: Tensor, most: int) -> int:
    """Read a number; `most` where there are none, as when operations are counted."""
    return most if number.is_meta else int(number)


def _norm(kind: str, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.GroupNorm(4, channels)


def _head(features: int, nodes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(features, features), nn.LeakyReLU(_SLOPE), nn.Linear(features, nodes)
    )
