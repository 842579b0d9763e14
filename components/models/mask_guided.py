"""Mask-guided restoration: a mask network says where, a restorer repairs there.

The soft mask M enters two modules of the restorer, averaged to their level:

    gated convolution    y = x + P(F (.) G), F = relu(conv(x)), G = sigmoid(conv([x; M]))
    context aggregation  K descriptors of the whole image, gathered where M is low, handed to where M is high:
                         a_k = softmax over positions of (B_k(x) + log(1 - M + 0.001)), g_k = sum a_k A(x),
                         y = x + M (.) W(sum_k softmax_k(V(x)) g_k)

The mask network is the teacher's, kept as it is: `mask_net` of this model takes its weights and gets no
gradient from the restorer.

Both modules are our design: of the paper only their purpose and names could be read. Not known from it,
and to be checked by whoever has its text: the gate's equation, the form of the context module, whether the
restorer has a mask head of its own. Gated convolution after Yu et al., ICCV 2019,
https://arxiv.org/abs/1806.03589; gather and distribute after Chen et al., NeurIPS 2018,
https://arxiv.org/abs/1810.11579.

Source: Suin et al., IEEE JSTSP 2021, https://doi.org/10.1109/JSTSP.2020.3043622. At the default widths the
restorer has 6,903,283 parameters and the mask network 3,645,905.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from components import models
from components.layers import dense_unet
from components.layers.dense_unet import DenseBlock, Encoder, MaskNet, Up, conv3
from components.parts import PartParams

_SLOTS = 64
_FLOOR = 1e-3  # of the share of intact pixels, whose logarithm is taken

MaskUse = Literal["guide", "input", "none"]


class Params(PartParams):
    """Parameters of mask-guided restoration."""

    name: Literal["mask_guided"] = "mask_guided"
    widths: dense_unet.Widths = Field(
        default=(32, 64, 128, 192), strict=False, description="channels at 1, 1/2, 1/4, 1/8; even"
    )
    mask: MaskUse = Field(
        default="guide",
        description="guide: gated convolution; input: a fourth channel; none: no mask network",
    )
    context: bool = Field(default=True, description="context aggregation; needs mask: guide")
    true_mask: bool = Field(
        default=False,
        description="the mask of the ground truth in place of the predicted one: an upper bound",
    )
    threshold: float = Field(
        default=30 / 255, gt=0, lt=1, description="of |lq - gt|, for true_mask alone"
    )


PRESETS: dict[str, Params] = {"paper": Params(), "small": Params(widths=(8, 12, 16, 24))}


class Model(models.RestorationModel):
    """The frozen mask network and the restorer that it guides."""

    multiple_of = dense_unet.REDUCTION
    halo = 48  # eight times the six or so pixels that matter at the coarsest level

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.params = params
        self.privileged = params.true_mask
        self.mask_net = None if params.mask == "none" else MaskNet(params.widths)
        if self.mask_net is not None:
            self.mask_net.requires_grad_(requires_grad=False)
        self.restorer = Restorer(params)

    def encode(self, lq: Tensor, gt: Tensor | None = None) -> Tensor | None:
        """Give the mask as the code, (B, 1, h, w), where it comes from the ground truth; else None."""
        if not self.params.true_mask or gt is None:
            return None
        return true_mask(lq, gt, threshold=self.params.threshold)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:
        """Restore (B, 3, h, w), sides multiples of 8; `code` is None or the mask to use."""
        residual: Tensor = self.restorer(lq, self.mask(lq) if code is None else code)[0]
        return lq + residual

    def mask(self, lq: Tensor) -> Tensor:
        """Predict the mask, (B, 1, h, w) in [0, 1]; all zero without a mask network."""
        if self.mask_net is None:
            return torch.zeros_like(lq[:, :1])
        with torch.no_grad():
            mask: Tensor = self.mask_net(lq).sigmoid()
        return mask


class Restorer(nn.Module):
    """An encoder and a decoder under a mask."""

    def __init__(self, params: Params) -> None:
        super().__init__()
        widths, self.takes_mask = params.widths, params.mask == "input"
        guided, deepest = params.mask == "guide", widths[-1]
        self.encoder = Encoder(widths)
        if self.takes_mask:
            self.encoder.downs[0] = conv3(4, widths[0])
        self.bottleneck = nn.ModuleList(
            [Gated(deepest, guided=guided, dilation=2) for _ in range(2)]
        )
        contexts: dict[str, nn.Module] = {}
        if params.context and guided:
            contexts = {"3": Context(deepest), "2": Context(widths[2])}
        self.contexts = nn.ModuleDict(contexts)  # by level
        self.ups = nn.ModuleList(Up(widths[k + 1], widths[k]) for k in (2, 1, 0))
        self.blocks = nn.ModuleList(DenseBlock(widths[k]) for k in (2, 1, 0))
        self.gates = nn.ModuleList(
            nn.ModuleList(Gated(widths[k], guided=guided) for _ in range(2)) for k in (2, 1, 0)
        )
        self.head = conv3(widths[0], 3)

    def forward(self, lq: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Give what is to be added to `lq`, and the encoder's taps.

        Args:
            lq: (B, 3, h, w), sides multiples of 8.
            mask: (B, 1, h, w) in [0, 1].
        """
        taps = self.encoder(torch.cat((lq, mask), dim=1) if self.takes_mask else lq)
        masks = [F.avg_pool2d(mask, 2**level) for level in range(4)]
        x = self._guided(taps[3], masks[3], self.bottleneck, level=3)
        decoder = zip((2, 1, 0), self.ups, self.blocks, self.gates, strict=True)
        for level, up, block, gates in decoder:
            x = self._guided(block(up(x, taps[level])), masks[level], gates, level=level)
        return self.head(x), taps

    def _guided(self, x: Tensor, mask: Tensor, gates: nn.Module, *, level: int) -> Tensor:
        for gate in gates.children():
            x = gate(x, mask)
        if str(level) in self.contexts:
            x = self.contexts[str(level)](x, mask)
        return x


class Gated(nn.Module):
    """Gated convolution whose gate sees the mask; without `guided`, two plain convolutions."""

    def __init__(self, channels: int, *, guided: bool, dilation: int = 1) -> None:
        super().__init__()
        self.content = conv3(channels, channels, dilation=dilation)
        self.gate = conv3(channels + 1, channels, dilation=dilation) if guided else None
        self.project = conv3(channels, channels, dilation=dilation)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C, H, W) and (B, 1, H, W) -> (B, C, H, W)."""
        content = self.content(x).relu()
        if self.gate is not None:
            content = content * self.gate(torch.cat((x, mask), dim=1)).sigmoid()
        y: Tensor = x + self.project(content)
        return y


class Context(nn.Module):
    """Fetch what the intact pixels of the whole image know to the degraded ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.values = nn.Conv2d(channels, channels // 2, 1)
        self.sources = nn.Conv2d(channels, _SLOTS, 1)
        self.targets = nn.Conv2d(channels, _SLOTS, 1)
        self.project = nn.Conv2d(channels // 2, channels, 1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, C, H, W) and (B, 1, H, W) -> (B, C, H, W)."""
        intact = (1 - mask + _FLOOR).log()
        gather = (self.sources(x) + intact).flatten(2).softmax(dim=2)  # (B, K, HW)
        slots = self.values(x).flatten(2) @ gather.mT  # (B, C / 2, K)
        spread = self.targets(x).flatten(2).softmax(dim=1)  # (B, K, HW)
        fetched = (slots @ spread).unflatten(2, x.shape[-2:])  # (B, C / 2, H, W)
        y: Tensor = x + mask * self.project(fetched)
        return y


def true_mask(lq: Tensor, gt: Tensor, *, threshold: float) -> Tensor:
    """Mark the pixels that the damage moved: max over R, G, B of |lq - gt| above a threshold.

    Args:
        lq: (B, 3, h, w) in [0, 1].
        gt: The same shape.
        threshold: In (0, 1), such as 30 / 255 for raindrops.

    Returns:
        (B, 1, h, w), 0 or 1.

    Example:
        >>> gt = torch.zeros(1, 3, 1, 2)
        >>> lq = torch.tensor([[0.0, 0.2], [0.0, 0.0], [0.1, 0.0]]).view(1, 3, 1, 2)
        >>> true_mask(lq, gt, threshold=0.15).flatten().tolist()
        [0.0, 1.0]
    """
    return ((lq - gt).abs().amax(dim=1, keepdim=True) > threshold).to(lq.dtype)
