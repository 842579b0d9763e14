"""A function of one's own, from a module outside the project: `target: module:function`.

It is called with the degraded images, a float32 tensor (B, 3, h, w), RGB in [0, 1], on the device of the
benchmark, images of one size together; and gives a tensor (B, 3, h * scale, w * scale), RGB around
[0, 1]. A network is such a function. What it does inside is not seen: its parameters count where it is a
network, its multiply-adds not at all. It can be measured, not trained and not released.
"""

import importlib
import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from torch import Tensor, nn

from components import models
from components.errors import PairError, PartError
from components.parts import PartParams


def _two_names(target: str) -> str:
    if not re.fullmatch(r"[\w.]+:\w+", target):
        raise PydanticCustomError(
            "target",
            "must be module:function, such as mine:restore; got {target}",
            {"target": repr(target)},
        )
    return target


class Params(PartParams):
    """Where the function is, and what it does to the sides."""

    name: Literal["function"] = "function"
    target: Annotated[str, AfterValidator(_two_names)] = Field(description="module:function")
    scale: int = Field(default=1, ge=1, description="how many times larger the sides become")


PRESETS: dict[str, Params] = {}


class Model(models.RestorationModel):
    """Call the function.

    Raises:
        PartError: there is no such module or function, or it cannot be called.
    """

    def __init__(self, params: Params) -> None:
        super().__init__()
        self.scale = params.scale
        self.target = params.target
        self.function = _found(params.target)

    def restore(self, lq: Tensor, code: Tensor | None) -> Tensor:  # noqa: ARG002 - the contract
        """Give what the function gives for (B, 3, h, w).

        Raises:
            PairError: that is no tensor, one of another shape, or one of whole numbers; the message
                names what it must be and what it is.
        """
        b, _, h, w = lq.shape
        wanted = (b, 3, h * self.scale, w * self.scale)
        if lq.is_meta:
            return lq.new_empty(wanted)
        given = self.function(lq)
        if not isinstance(given, Tensor):
            kind = type(given).__name__
            raise PairError(f"{self.target} must give a tensor {wanted}, it gave {kind}")
        if tuple(given.shape) != wanted:
            raise PairError(f"{self.target} must give {wanted}, it gave {tuple(given.shape)}")
        if not given.is_floating_point():
            raise PairError(f"{self.target} must give floats around [0, 1], it gave {given.dtype}")
        return given.to(lq.dtype)


def _found(target: str) -> Callable[[Tensor], object]:
    module, _, name = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise PartError(f"{target}: there is no module {error.name!r} on the path") from error
    except AttributeError as error:
        raise PartError(f"{target}: module {module} has no {name!r}") from error
    if not callable(found):
        raise PartError(f"{target}: must be a function, it is {type(found).__name__}")
    if isinstance(found, nn.Module):
        found.eval()
    function: Callable[[Tensor], object] = found
    return function
