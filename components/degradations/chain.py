"""Apply several degradations in order; in params.yaml a list stands for it."""

from typing import Annotated, Literal

import torch
from pydantic import BeforeValidator, Field, SerializeAsAny
from torch import Tensor

from components import degradations, parts
from components.degradations import Degraded
from components.draws import Draws
from components.parts import PartParams


def _parse(raw: object) -> PartParams:
    return parts.parse("degradations", raw)


Step = Annotated[SerializeAsAny[PartParams], BeforeValidator(_parse)]


class Params(PartParams):
    """The degradations, in the order in which they happen."""

    name: Literal["chain"] = "chain"
    steps: tuple[Step, ...] = Field(min_length=1, strict=False)


class Degradation(degradations.Degradation):
    """Feed each degradation with what the one before gave."""

    def __init__(self, params: Params) -> None:
        self.steps: list[degradations.Degradation] = [
            parts.build("degradations", step) for step in params.steps
        ]
        self.scale = 1
        for step in self.steps:
            self.scale *= step.scale

    def __call__(self, image: Tensor, draws: Draws) -> Degraded:
        """Degrade (B, 3, H, W); what was drawn is collected, masks are united by their maximum."""
        drawn: dict[str, Tensor] = {}
        mask: Tensor | None = None
        for step in self.steps:
            given = step(image, draws)
            image = given.image
            drawn |= given.drawn
            if given.mask is not None:
                mask = given.mask if mask is None else torch.maximum(mask, given.mask)
        return Degraded(image, drawn, mask)
