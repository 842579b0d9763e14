"""The U shape of NAFNet: encoder stages halve the sides and double the channels, decoder stages undo it.

What the encoder had is added, not concatenated; the network learns what to add to its input. Blocks of the
encoder may be conditioned on a code.

Source: Chen et al., "Simple Baselines for Image Restoration", ECCV 2022, https://arxiv.org/abs/2204.04676.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from components.layers.naf import NafBlock


class NafUnet(nn.Module):
    """Head, stages down, middle, stages up, tail.

    Args:
        width: Channels at full size.
        encoder: Blocks a stage, the finest first.
        middle: Blocks at the coarsest size.
        decoder: Blocks a stage, the coarsest first; as many stages as `encoder`.
        encoder_block: Makes a block of the encoder from its channels; such a block takes the code as a
            second argument when it is not a plain one.
    """

    def __init__(
        self,
        width: int,
        encoder: tuple[int, ...],
        middle: int,
        decoder: tuple[int, ...],
        encoder_block: Callable[[int], nn.Module] = NafBlock,
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(len(encoder) + 1)]
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.encoders = nn.ModuleList(
            nn.ModuleList(encoder_block(w) for _ in range(n))
            for n, w in zip(encoder, widths[:-1], strict=True)
        )
        self.downs = nn.ModuleList(nn.Conv2d(w, 2 * w, 2, stride=2) for w in widths[:-1])
        self.middle = nn.Sequential(*(NafBlock(widths[-1]) for _ in range(middle)))
        self.ups = nn.ModuleList(nn.Conv2d(w, 2 * w, 1, bias=False) for w in widths[:0:-1])
        self.decoders = nn.ModuleList(
            nn.Sequential(*(NafBlock(w) for _ in range(n)))
            for n, w in zip(decoder, widths[-2::-1], strict=True)
        )
        self.tail = nn.Conv2d(width, 3, 3, padding=1)

    @property
    def multiple_of(self) -> int:
        """Sides must be multiples of this."""
        multiple: int = 2 ** len(self.encoders)
        return multiple

    def forward(self, lq: Tensor, code: Tensor | None = None) -> Tensor:
        """(B, 3, h, w), sides multiples of `multiple_of`, and a code (B, K) -> (B, 3, h, w)."""
        return self.decode(lq, *self.encode(lq, code))

    def encode(self, lq: Tensor, code: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Give the features behind the middle, and those of each stage that the decoder adds."""
        x: Tensor = self.head(lq)
        skips = []
        for stage, down in zip(self.encoders, self.downs, strict=True):
            for block in stage.children():
                x = block(x) if code is None else block(x, code)
            skips.append(x)
            x = down(x)
        return self.middle(x), skips

    def decode(self, lq: Tensor, x: Tensor, skips: list[Tensor]) -> Tensor:
        """Turn what `encode` gave into the restored image."""
        for up, decoder, skip in zip(self.ups, self.decoders, reversed(skips), strict=True):
            x = decoder(F.pixel_shuffle(up(x), 2) + skip)
        restored: Tensor = lq + self.tail(x)
        return restored
