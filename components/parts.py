"""Find one part by name: `recipes.kdsr` is the file `components/recipes/kdsr.py`.

There is no registry object, no decorator and no scan at import: a part is a module, its name is its
file name, and it is imported when a parameter file asks for it. A part from outside the repository
is an entry point in the group `restill.<bin>`.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Annotated, Any, Literal, Self, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from components.errors import PartError

Bin = Literal["degradations", "losses", "metrics", "models", "protocols", "recipes", "sources"]
BINS: tuple[Bin, ...] = get_args(Bin)


class Strict(BaseModel):
    """Base of every record and parameter block: no unknown key, no coercion, no later change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Block(Strict):
    """Base of every block of a parameter file: its errors say which keys there are."""

    @model_validator(mode="wrap")
    @classmethod
    def _say_all(cls, raw: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Report broken rules between keys together with wrong keys, and name near keys."""
        faults = list(cls.faults(raw))
        try:
            block = validate(raw)
        except ValidationError as error:
            faults = [cls._reworded(item) for item in error.errors(include_url=False)] + faults
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return block

    @classmethod
    def faults(cls, raw: object) -> Iterable[InitErrorDetails]:  # noqa: ARG003 - for subclasses
        """Yield broken rules between keys that can be seen before the keys are checked."""
        return ()

    @classmethod
    def _reworded(cls, item: ErrorDetails) -> InitErrorDetails:
        text = item["msg"]
        if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
            keys = list(cls.model_fields)
            hint = near(str(item["loc"][0]), keys) or f"; there are: {', '.join(keys)}"
            text = f"unknown key{hint}"
        kind = PydanticCustomError(item["type"], "{text}", {"text": text})
        return {"type": kind, "loc": item["loc"], "input": item["input"]}


def _as_pair(raw: object) -> object:
    """Read a lone number as a constant, a list as a pair."""
    if isinstance(raw, list):
        return tuple(raw)
    return (raw, raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1] or pair[0] < 0:
        raise PydanticCustomError("range", "needs 0 <= low <= high")
    return pair


Range = Annotated[tuple[float, float], BeforeValidator(_as_pair), AfterValidator(_ordered)]
"""`[low, high]`, drawn uniformly; a lone number is a constant. Never negative."""


class PartParams(Block):
    """Parameters of one part; `name` is the part's file name."""

    name: str


def preset_of(presets: Mapping[str, PartParams]) -> Callable[[object], object]:
    """Make a validator that takes the name of a preset in place of a part's parameters."""

    def preset(raw: object) -> object:
        if not isinstance(raw, str):
            return raw
        if raw not in presets:
            raise PydanticCustomError(
                "preset",
                "no preset {raw} (there are: {known})",
                {"raw": repr(raw), "known": ", ".join(presets)},
            )
        return presets[raw]

    return preset


def names(bin_: Bin) -> list[str]:
    """Return the names of all parts in a bin, sorted, without importing any of them."""
    return sorted(_own(bin_) | _foreign(bin_).keys())


def load(bin_: Bin, name: str) -> ModuleType:
    """Import one part.

    Raises:
        PartError: no such part in the bin, and the message lists what there is; or two of one name.
    """
    own, point = name in _own(bin_), _foreign(bin_).get(name)
    if own and point:
        raise PartError(f"two parts {name!r} in {bin_}: our own, and {point.value} from outside")
    if point:
        return cast("ModuleType", point.load())
    if not own:
        raise PartError(_no_part(bin_, name))
    return importlib.import_module(f"components.{bin_}.{name}")


def build(bin_: Bin, params: PartParams) -> Any:
    """Make the object that a part's parameters describe.

    The class is named as the bin's contract, in the singular: `Degradation`, `Model`, `Source`.
    """
    part: Any = load(bin_, params.name)
    return getattr(part, bin_.removesuffix("s").capitalize())(params)


def configure(bin_: Bin, raw: dict[str, Any]) -> PartParams:
    """Turn `{name: ..., **own_parameters}` into the part's own `Params`, outside a validator.

    Raises:
        PartError: there is no such part, or it does not take these parameters.
    """
    try:
        return parse(bin_, raw)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PartError(f"{raw.get('name')!r} in {bin_}: {wrong}") from error
    except PydanticCustomError as error:
        raise PartError(str(error)) from error


def parse(bin_: Bin, raw: object) -> PartParams:
    """Turn the mapping `{name: ..., **own_parameters}` into the part's own `Params`.

    Raises:
        PydanticCustomError: there is no `name`, or no part of that name (for use in validators).
        ValidationError: the part does not take these parameters.
    """
    if isinstance(raw, PartParams):
        return raw
    name = cast("dict[str, object]", raw).get("name") if isinstance(raw, dict) else None
    if not isinstance(name, str):
        raise PydanticCustomError(
            "part_name",
            "needs a mapping with a key 'name', one of {known}",
            {"known": ", ".join(names(bin_))},
        )
    params: type[PartParams] = load(bin_, known(bin_, name)).Params
    return params.model_validate(raw)


def known(bin_: Bin, name: str) -> str:
    """Return the name of a part that exists.

    Raises:
        PydanticCustomError: there is no such part (for use in validators).
    """
    if name not in names(bin_):
        raise PydanticCustomError("part_unknown", "{text}", {"text": _no_part(bin_, name)})
    return name


def near(word: str, words: Iterable[str]) -> str:
    """End a message about an unknown word with the nearest known one, if one is near."""
    close = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _no_part(bin_: Bin, name: str) -> str:
    there = names(bin_)
    return f"no part {name!r} in {bin_} (there are: {', '.join(there)}){near(name, there)}"


def _own(bin_: Bin) -> set[str]:
    package = importlib.import_module(f"components.{bin_}")
    return {module.name for module in pkgutil.iter_modules(package.__path__)}


@cache  # looking through all that is installed takes tens of milliseconds
def _foreign(bin_: Bin) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"restill.{bin_}")}
