"""params.yaml as types, in the order of the data's way."""

import re
from collections.abc import Iterable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from components.errors import ConfigError, ProtocolError
from components.parts import Bin, Block, PartParams, build, known, load, near, parse


def _part(bin_: Bin) -> BeforeValidator:
    return BeforeValidator(partial(parse, bin_))


def _list_as_chain(raw: object) -> object:
    """A list of degradations stands for the part `chain`."""
    return parse("degradations", {"name": "chain", "steps": raw} if isinstance(raw, list) else raw)


def _metric(raw: object) -> object:
    """Read a metric's block; a lone name, or a part without `Params`, has no parameters."""
    block = {"name": raw} if isinstance(raw, str) else raw
    name = block.get("name") if isinstance(block, dict) else None
    if isinstance(name, str) and not hasattr(load("metrics", known("metrics", name)), "Params"):
        return PartParams.model_validate(block)
    return parse("metrics", block)


def _name_by_key(raw: object) -> object:
    """`{kdsr: {...}}` -> `{kdsr: {name: kdsr, ...}}`: a block without a name has that of its key."""
    if not isinstance(raw, dict):
        return raw
    blocks = {key: {} if block is None else block for key, block in raw.items()}
    return {k: {"name": k, **b} if isinstance(b, dict) else b for k, b in blocks.items()}


def _number_or_all(raw: object) -> object:
    """Check here what as a union of types would be two wrong keys with names of their own."""
    if raw == "all" or (isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0):
        return raw
    raise PydanticCustomError("pool", "needs a whole number from 0, or all")


def _has_patches(params: "TrainParams") -> "TrainParams":
    if (params.pool != 0) == (params.pairs > 0):
        raise PydanticCustomError("patches", "needs either pool or pairs above 0")
    return params


def _needs_no_training(name: str) -> str:
    network = build("models", parse("models", {"name": known("models", name)}))
    if any(True for _ in network.parameters()):
        raise PydanticCustomError("trained", "must be a model without weights of its own")
    return name


Source = Annotated[SerializeAsAny[PartParams], _part("sources")]
Degradation = Annotated[SerializeAsAny[PartParams], BeforeValidator(_list_as_chain)]
Protocol = Annotated[str, AfterValidator(partial(known, "protocols"))]
Metric = Annotated[SerializeAsAny[PartParams], BeforeValidator(_metric)]
Reference = Annotated[str, AfterValidator(_needs_no_training)]


class DataParams(Block):
    """Station 1: which pictures, and how they lie in `data/`."""

    source: Source = Field(description="a part of components/sources")


class TrainParams(Block):
    """Stations 2 and 3: how a network is trained."""

    steps: int = Field(gt=0, description="optimiser steps")
    batch: int = Field(gt=0, description="patches a step")
    patch: int = Field(gt=0, description="side of the ground-truth patches, pixels")
    learning_rate: float = Field(gt=0, description="peak learning rate of AdamW")
    decay: Literal["cosine", "halve", "constant"] = Field(
        default="cosine", description="how the learning rate falls after the warm-up"
    )
    halve_every: int = Field(default=0, ge=0, description="steps; for decay: halve alone")
    warmup_steps: int = Field(default=0, ge=0, description="steps of linear rise")
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float = Field(default=0.0, ge=0, description="largest gradient norm; 0: any")
    ema: float = Field(default=0.0, ge=0, lt=1, description="decay of the averaged weights; 0: off")
    pool: Annotated[int | Literal["all"], BeforeValidator(_number_or_all)] = Field(
        default=0,
        description="patches to cut once, each degraded anew at every step; or `all`: fresh ones from "
        "all pictures, which are decoded once into the work folder",
    )
    pairs: int = Field(default=0, ge=0, description="in place of a pool: pairs fixed for good")
    validate_every: int = Field(default=100, gt=0, description="steps between points of the curve")
    save_every: int = Field(
        default=200,
        gt=0,
        exclude=True,  # moves no number, so it is in no key
        description="steps between states from which a run that was cut short goes on",
    )

    @model_validator(mode="after")
    def _halving_says_when(self) -> Self:
        if (self.decay == "halve") != (self.halve_every > 0):
            raise PydanticCustomError(
                "halving", "halve_every must be above 0 for decay: halve, and only then"
            )
        return self


class BenchmarkParams(Block):
    """Station 4: what is measured, and how."""

    protocol: Protocol = Field(description="a part of components/protocols")
    references: tuple[Reference, ...] = Field(
        default=("bicubic",),
        min_length=1,
        strict=False,
        description="models without training, for comparison",
    )
    degradations: dict[str, Degradation] = Field(
        default_factory=dict,
        description="label -> fixed degradations, a slice of the table each; none: the set's own pairs",
    )


class SuiteParams(Block):
    """A benchmark of its own: one set of pictures, fixed damage, one protocol."""

    folder: str = Field(description="of the set, below RESTILL_DATASETS or --data-root")
    pictures: int = Field(gt=0, description="that the set must have; pairs, where it brings pairs")
    source: Source | None = Field(
        default=None, description="a part of components/sources; null: any folder of pictures"
    )
    protocol: Protocol = Field(description="a part of components/protocols")
    scale: int = Field(default=1, ge=1, description="of the ground truth over the degraded picture")
    degradations: dict[str, Degradation] = Field(
        default_factory=dict, description="label -> fixed degradation; none: the set's own pairs"
    )
    references: tuple[Reference, ...] = Field(
        default=(), strict=False, description="models without training that stand beside"
    )
    metrics: tuple[Metric, ...] = Field(
        default=(),
        strict=False,
        description="parts of components/metrics, beside the protocol's own; those with weights say "
        "where they are",
    )
    origin: str = Field(default="", description="where the set is to be had")

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        """A protocol knows its scales, and damage shrinks by the suite's."""
        scales = {label: build("degradations", d).scale for label, d in self.degradations.items()}
        wrong = [f"{label}: {scale}" for label, scale in scales.items() if scale != self.scale]
        if wrong:
            raise PydanticCustomError(
                "scale",
                "every degradation needs the suite's scale, {scale}; not so are {wrong}",
                {"scale": self.scale, "wrong": ", ".join(wrong)},
            )
        try:
            load("protocols", self.protocol).Protocol(scale=self.scale)
        except ProtocolError as error:
            raise PydanticCustomError("scale", "{text}", {"text": str(error)}) from error
        return self

    @model_validator(mode="after")
    def _one_column_a_metric(self) -> Self:
        names = [*load("protocols", self.protocol).METRICS, *(m.name for m in self.metrics)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PydanticCustomError(
                "metrics",
                "every metric can be measured once, the protocol's own need no mention; twice are {twice}",
                {"twice": ", ".join(twice)},
            )
        return self


class RecipeParams(PartParams):
    """What every recipe says beside its paper's own numbers; a recipe's `Params` derive from it."""

    student_only: ClassVar[frozenset[str]] = frozenset()
    """Keys of the recipe that the teacher's training does not read; changing them leaves it alone."""

    taught_only: ClassVar[frozenset[str]] = frozenset()
    """Those of them that the training of the student alone does not read either."""

    data: DataParams | None = Field(default=None, description="in place of the file's own `data`")

    degradation: Degradation | None = Field(
        description="gt -> lq in training, one or a list in order; null: the set's own degraded pictures"
    )
    teacher_degradation: Degradation | None = Field(
        default=None, description="where the teacher has another task; null: the same"
    )
    teacher: Annotated[TrainParams, AfterValidator(_has_patches)]
    student: Annotated[TrainParams, AfterValidator(_has_patches)]
    benchmark: BenchmarkParams

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        """A model has one scale; found out here, and not after the training."""
        labelled = {"degradation": self.degradation, **self.benchmark.degradations}
        scales = {label: build("degradations", d).scale for label, d in labelled.items() if d}
        if len(set(scales.values())) > 1:
            raise PydanticCustomError(
                "scale",
                "degradation and benchmark.degradations need one scale, they have {scales}",
                {"scales": ", ".join(f"{label}: {scale}" for label, scale in scales.items())},
            )
        return self


class BudgetParams(Block):
    """What a student may cost at most; null: anything."""

    num_parameters: int | None = Field(default=None, ge=0)
    giga_macs: float | None = Field(
        default=None, ge=0, description="multiply-adds per megapixel of output, in 10^9"
    )
    file_mib: float | None = Field(default=None, gt=0, description="of the weights")
    activation_mib: float | None = Field(
        default=None, gt=0, description="per megapixel of output, tensors alive at once"
    )
    latency_ms: float | None = Field(
        default=None, gt=0, description="per megapixel of output, on the device that measures"
    )
    latency_tolerance: float = Field(
        default=0.1, ge=0, description="share of latency_ms that may be exceeded: clocks are noisy"
    )
    max_slowdown: float | None = Field(
        default=None, gt=0, description="times the champion's time, both timed in turn in the run"
    )


class GateParams(Block):
    """Station 5: what a candidate must show before it may become the champion."""

    mode: Literal["off", "dry_run", "enforce"] = Field(
        default="enforce",
        description="dry_run: judge and promote nobody; off: a higher mean is enough",
    )
    min_gain_db: float = Field(
        gt=0,
        description="over the champion, dB; the lower end of the gain's interval must exceed it, so a "
        "tie never promotes",
    )
    min_gain_over_reference_db: float = Field(
        description="over the best reference, dB, mean over all rows; the first model too"
    )
    confidence: float = Field(
        default=0.95, ge=0.5, le=0.999, description="of the intervals, which have two sides"
    )
    min_pictures: int = Field(
        default=4, ge=3, description="of the test, to replace a champion; fewer give no interval"
    )
    max_loss_share: float = Field(
        default=0.01,
        ge=0,
        lt=1,
        description="of the champion's mean, that any other metric may lose, at its interval's lower end",
    )
    max_slice_loss_db: float = Field(
        default=0.3, ge=0, description="below the champion, dB, mean of any slice"
    )
    max_slice_loss_to_reference_db: float = Field(
        default=0.5, ge=0, description="below the best reference, dB, mean of any slice"
    )
    floors: dict[str, float] = Field(
        default_factory=dict,
        description="metric -> what its mean must reach, such as psnr_db: 27.0; the first model too",
    )
    budget: BudgetParams = BudgetParams()


class RegistryParams(Block):
    """Station 6: under which name the champion is released; `{recipe}` stands for the chosen block."""

    model_name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")


Recipe = Annotated[SerializeAsAny[RecipeParams], _part("recipes")]


class Params(Block):
    """The whole of params.yaml."""

    seed: int = Field(ge=0)
    recipe: str = Field(description="the block under `recipes` that `restill run` takes")
    data: DataParams
    recipes: Annotated[dict[str, Recipe], BeforeValidator(_name_by_key)]
    gate: GateParams
    registry: RegistryParams
    suites: dict[str, SuiteParams] = Field(
        default_factory=dict,
        exclude=True,  # no run reads them, so no run's record repeats them
        description="what `restill benchmark` knows by name",
    )

    @classmethod
    def faults(cls, raw: object) -> Iterable[InitErrorDetails]:
        """Refuse a choice that has no block."""
        blocks = raw.get("recipes") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or not isinstance(blocks, dict):
            return
        recipe = raw.get("recipe")
        if isinstance(recipe, str) and recipe not in blocks:
            rule = f"no such block under recipes (there are: {', '.join(map(str, blocks))})"
            yield _fault(("recipe",), recipe, rule + near(recipe, map(str, blocks)))

    @property
    def pictures(self) -> DataParams:
        """The data of the recipe that runs."""
        return self.chosen.data or self.data

    @property
    def chosen(self) -> RecipeParams:
        """The block of the recipe that runs."""
        return self.recipes[self.recipe]


def load_params(file: Path, overlay: Path | None = None, *, recipe: str = "") -> Params:
    """Read and check a parameter file, then lay an optional second file over it.

    Args:
        file: The full parameters, usually `params.yaml`.
        overlay: A file with only the keys that differ.
        recipe: Stands in for the key `recipe`; empty to keep the file's.

    Raises:
        ConfigError: a file is missing, is not YAML 1.2, repeats a key, or breaks a rule of `Params`;
            the message lists every wrong key at once, by full name.
    """
    raw = _read(file)
    if overlay is not None:
        raw = _merge(raw, _read(overlay))
    if recipe:
        raw["recipe"] = recipe
    raw = _with_release_name(raw)
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        source = f"{file} + {overlay}" if overlay else f"{file}"
        raise ConfigError(_explain(error, raw, source)) from error


def _with_release_name(raw: dict[str, Any]) -> dict[str, Any]:
    """Put the chosen recipe's name into `registry.model_name`."""
    registry = raw.get("registry")
    name = registry.get("model_name") if isinstance(registry, dict) else None
    if not isinstance(registry, dict) or not isinstance(name, str):
        return raw
    full = name.replace("{recipe}", str(raw.get("recipe")))
    return raw | {"registry": registry | {"model_name": full}}


def as_yaml(params: Params) -> str:
    """Write parameters out in full, defaults included."""
    text = StringIO()
    YAML().dump(params.model_dump(mode="json"), text)
    return text.getvalue()


def _fault(loc: tuple[str, ...], found: object, rule: str) -> InitErrorDetails:
    return {"type": PydanticCustomError("rule", "{r}", {"r": rule}), "loc": loc, "input": found}


def _read(file: Path) -> dict[str, Any]:
    # YAML 1.2, as DVC reads it: `1e-4` is a number, `on` a word, a repeated key an error.
    try:
        text = file.read_text(encoding="utf-8-sig")
        content: Any = YAML(typ="safe", pure=True).load(text)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{file}:{line}: holds a control character") from error
    except MarkedYAMLError as error:
        where = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{file}{where}: {error.problem}") from error
    if not isinstance(content, dict):
        raise ConfigError(
            f"{file}: needs a mapping at the top, with the keys {', '.join(Params.model_fields)}"
        )
    return content


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and not _is_other_part(old, value):
            merged[key] = _merge(old, value)
        else:
            merged[key] = value
    return merged


def _is_other_part(old: dict[str, Any], new: dict[str, Any]) -> bool:
    # Half of one part's parameters fits no other: a block whose `name` changes is replaced whole.
    return "name" in new and new["name"] != old.get("name")


def _explain(error: ValidationError, raw: object, source: str) -> str:
    faults = error.errors(include_url=False)
    lines = [f"{source}: {len(faults)} wrong key{'s' if len(faults) > 1 else ''}"]
    lines += [f"  {_name(fault['loc'], raw)}: {_said(fault)}" for fault in faults]
    return "\n".join(lines)


def _said(fault: ErrorDetails) -> str:
    """Say the rule and what was found."""
    kind, rule, found = fault["type"], fault["msg"], fault["input"]
    if kind == "missing":
        return "is missing"
    if kind == "part_unknown":  # its rule holds the name; the rest of the block is not at fault
        return rule
    if kind in {"int_type", "float_type"} and isinstance(found, str):
        rule += "; a number has no quotes"
    text = repr(found)
    return f"{rule} (got {text if len(text) <= 80 else f'{text[:77]}...'})"


def _name(loc: tuple[int | str, ...], raw: Any) -> str:
    """Write a place as it stands in the file: a bare list of degradations has no key `steps`."""
    words = []
    for step in loc:
        if isinstance(raw, list) and step == "steps":
            continue
        words.append(str(step) if re.fullmatch(r"[\w-]+", str(step)) else f"{step!r}")
        try:
            raw = raw[step]
        except (TypeError, LookupError):  # a key that the file lacks
            raw = None
    return ".".join(words)
