"""The degraded picture itself: what a table's other rows gain is measured from here."""

from typing import Literal

from torch import Tensor

from components import models
from components.parts import PartParams


class Params(PartParams):
    """No parameters."""

    name: Literal["identity"] = "identity"


PRESETS = {"identity": Params()}


class Model(models.RestorationModel):
    """Give back what was given; there is nothing to train."""

    halo = 0

    def __init__(self, params: Params) -> None:
        super().__init__()
        del params

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Give (B, 3, h, w) back."""
        return lq
