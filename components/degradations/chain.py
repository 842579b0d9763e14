"""Apply several degradations in order; in params.yaml a list stands for it."""

import itertools
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
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
        """Degrade (B, 3, H, W).

        What was drawn is collected; a name that comes again gets a number: `noise_level_2`. Masks are
        brought to the size of the whole chain's input and united by their maximum; a step without
        one adds nothing.
        """
        sides = image.shape[-2:]
        drawn: dict[str, Tensor] = {}
        mask: Tensor | None = None
        for step in self.steps:
            given = step(image, draws)
            image = given.image
            for name, values in given.drawn.items():
                drawn[_free(name, drawn)] = values
            if given.mask is not None:
                whole = F.interpolate(given.mask, sides, mode="nearest-exact")
                mask = whole if mask is None else torch.maximum(mask, whole)
        return Degraded(image, drawn, mask)


def _free(name: str, taken: dict[str, Tensor]) -> str:
    """Number a name that is taken, from 2."""
    numbered = (f"{name}_{n}" for n in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in taken)
