"""From what a person asks for to a suite: a name of the parameter file, or any folder of pictures."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components import parts
from components.benchmarking.contenders import Contender, reference
from components.benchmarking.suites import Suite, find, folder_suite
from components.config import SuiteParams
from components.errors import ConfigError, DatasetError, ProtocolError
from components.parts import PartParams

_PROTOCOL = "sr_y"
_SCALE = 4

# Folders by which a set is recognised.
_PAIRED_SR = ("HR", "GTmod12")
_PAIRED = (("target", "input"), ("gt", "lq"))  # ground truth, degraded


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asks for.

    Attributes:
        suite: A name under `suites` of the parameter file, or a folder.
        protocol: A part of the bin `protocols`; empty: the suite's, or `sr_y` for a folder.
        scale: Of the ground truth over the degraded picture; 0: the suite's, or 4 where the protocol
            enlarges.
        source: A part of the bin `sources`, for a folder; empty: by its look.
        make_lq: Make a folder's degraded pictures by our bicubic.
        half: Compute in half precision.
    """

    suite: str
    protocol: str = ""
    scale: int = 0
    source: str = ""
    make_lq: bool = False
    half: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is measured on, and which models without training stand beside."""

    suite: Suite
    references: tuple[Contender, ...] = ()


def ask(wanted: Wanted, *, suites: Mapping[str, SuiteParams], root: Path) -> Question:
    """Make the suite that is asked for.

    Args:
        wanted: The words of a person.
        suites: Those of the parameter file.
        root: The folder that their sets lie in.

    Raises:
        ConfigError: there is neither such a suite nor such a folder.
        ProtocolError: the words contradict the suite, or a picture has no degraded mate.
        PartError: there is no such protocol or source.
        DatasetError: the set is not there, or breaks its layout.
    """
    params = suites.get(wanted.suite)
    if params is not None:
        question = _named(wanted, params, root)
    elif Path(wanted.suite).is_dir():
        question = Question(_folder(wanted, Path(wanted.suite)))
    else:
        raise ConfigError(
            f"{wanted.suite}: is no folder, and no suite of params.yaml "
            f"(there are: {', '.join(suites) or 'none'}){parts.near(wanted.suite, suites)}"
        )
    suite = replace(question.suite, half=wanted.half, name=Path(wanted.suite).name)
    suite.protocol_id  # noqa: B018 - what cannot be measured so is said before anything is
    return replace(question, suite=suite)


def named_suite(name: str, params: SuiteParams, root: Path) -> Suite:
    """Make a suite that the parameter file describes.

    Args:
        name: Its key under `suites`.
        params: Its block.
        root: The folder that all sets lie in.

    Raises:
        DatasetError: the set is not there, and the message says where to get it and how it must lie;
            or it breaks its layout.
        ProtocolError: there is no picture, or one has no degraded mate and no degradation is given.
    """
    folder = root / params.folder
    if not folder.is_dir():
        raise DatasetError(_absent(name, params, folder))
    found = find(params.source, folder)
    suite = folder_suite(
        found, params.protocol, scale=params.scale, degradations=params.degradations
    )
    expected = params.pictures * (len(params.degradations) or 1)
    return replace(suite, expected=expected, beside=params.metrics)


def _named(wanted: Wanted, params: SuiteParams, root: Path) -> Question:
    if wanted.scale not in {0, params.scale}:
        raise ProtocolError(
            f"suite {wanted.suite!r} has scale {params.scale}, asked for is {wanted.scale}"
        )
    if wanted.source or wanted.make_lq:
        raise ProtocolError(
            f"suite {wanted.suite!r} says itself how its pictures lie and are damaged; "
            "--source and --make-lq are for folders"
        )
    suite = named_suite(wanted.suite, params, root)
    beside = tuple(reference(name, params.scale) for name in params.references)
    return Question(replace(suite, protocol=wanted.protocol or suite.protocol), beside)


def _folder(wanted: Wanted, folder: Path) -> Suite:
    protocol = wanted.protocol or _PROTOCOL
    part: Any = parts.load("protocols", protocol)
    scale = wanted.scale or (_SCALE if part.Protocol.enlarges else 1)
    damage = {"bicubic": _bicubic(scale)} if wanted.make_lq else {}
    found = find(_source(wanted.source, folder, scale), folder)
    return folder_suite(found, protocol, scale=scale, degradations=damage)


def _source(name: str, folder: Path, scale: int) -> PartParams | None:
    """Choose how a folder is read; None for any folder of clean pictures."""
    chosen: dict[str, Any] = {"name": name} if name else _recognised(folder)
    if not chosen:
        return None
    fields = parts.load("sources", chosen["name"]).Params.model_fields
    scaled = {"scale": scale} if "scale" in fields and scale > 1 else {}
    return parts.configure("sources", chosen | scaled)


def _recognised(folder: Path) -> dict[str, Any]:
    """Tell a layout by the folders in it; empty where they say nothing."""
    if any((folder / known).is_dir() for known in _PAIRED_SR):
        return {"name": "paired_sr"}
    for gt, lq in _PAIRED:
        if (folder / gt).is_dir() and (folder / lq).is_dir():
            whole = {"validation": 0.0, "test": 0.0}  # no split: all are for testing here
            return {"name": "paired_folders", "gt": gt, "lq": lq, **whole}
    return {}


def _bicubic(scale: int) -> PartParams:
    if scale == 1:
        raise ProtocolError(
            "--make-lq shrinks by the scale, which is 1 here; for other damage describe a suite in "
            "params.yaml"
        )
    steps = [{"name": "bicubic_downsample", "scale": scale}, {"name": "quantise"}]
    return parts.configure("degradations", {"name": "chain", "steps": steps})


def _absent(name: str, params: SuiteParams, folder: Path) -> str:
    """Say what should be in a folder that is not there, and where it is to be had."""
    lines = [f"suite {name!r}: {folder} is not there; it must hold {params.pictures} test pictures"]
    if params.source is not None:
        told = params.source.model_dump(mode="json", exclude_unset=True)
        lines.append(
            f"laid out for the source {{{', '.join(f'{k}: {v}' for k, v in told.items())}}}"
        )
        lines += _drawing(params.source.name)
    if params.origin:
        lines.append(f"get it from {params.origin}")
    lines.append("name the folder that holds all sets by RESTILL_DATASETS or --data-root")
    return "\n".join(lines)


def _drawing(source: str) -> list[str]:
    """Take the drawing of a layout out of its docstring: the indented lines."""
    doc = inspect.getdoc(parts.load("sources", source)) or ""
    return [line for line in doc.splitlines() if line.startswith("    ")]
