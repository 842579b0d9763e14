"""The bin of models: one file per architecture.

A model file holds:
    its docstring   the first line describes it; the rest names the source
    Params          its own parameters, a `PartParams`
    PRESETS         name -> Params: the paper's configurations, and a small one
    Model           a `RestorationModel`, built as `Model(params)`; or another `Network`, which can teach
                    but is neither measured nor released
"""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Network(nn.Module, ABC):
    """What every model is: a network that looks at a degraded image.

    Attributes:
        scale: Sides of the output are this many times the degraded sides.
        multiple_of: Sides of `lq` must be multiples of this; callers pad by reflection and crop.
        privileged: True when the network needs the ground truth, too. Such a model can teach and can
            be measured as an upper bound; it can never be released.
    """

    scale: int = 1
    multiple_of: int = 1
    privileged: bool = False

    @abstractmethod
    def forward(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:
        """Look at degraded images, (B, 3, h, w), RGB in [0, 1]."""


class RestorationModel(Network):
    """A network that maps a degraded image to a restored one, in two steps: encode, restore.

    Attributes:
        halo: Pixels of `lq` around a tile within which other pixels change the tile's inside; where
            the true receptive field is larger, the distance beyond which the influence is small.
    """

    halo: int = 16

    def encode(self, lq: Tensor, gt: Tensor | None = None) -> Tensor | None:  # noqa: ARG002 - the contract
        """Describe the degradation of whole images, once for all their tiles.

        Args:
            lq: Degraded images, (B, 3, h, w), RGB in [0, 1].
            gt: Ground truth, (B, 3, h * scale, w * scale), for privileged models only.

        Returns:
            A code (B, K), or None where the network uses none.
        """
        return None

    @abstractmethod
    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:
        """Restore images, or tiles of them, under a code that `encode` gave.

        Args:
            lq: (B, 3, h, w), RGB in [0, 1]; h and w multiples of `multiple_of`.
            code: What `encode` gave for the whole images, (B, K) or None.

        Returns:
            (B, 3, h * scale, w * scale), RGB around [0, 1], not clipped.
        """

    def forward(self, lq: Tensor, gt: Tensor | None = None) -> Tensor:
        """Encode and restore in one go."""
        return self.restore(lq, self.encode(lq, gt))
