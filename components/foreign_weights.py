"""Weights that others trained: a state dict in its authors' layout becomes a checkpoint of ours.

Each model file whose authors published weights says in `AUTHORS_NAMES` how their names become ours: a regular
expression and what stands for the match, in order; None drops the entry. Nothing is unpickled but tensors.
"""

import re
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - what PyTorch raises for a file that asks for code
from typing import Any, TypeAlias

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from components import parts
from components.errors import CheckpointError, PartError
from components.models import Network
from components.parts import PartParams
from components.store import sha256_of
from components.training import checkpoint

Names: TypeAlias = Sequence[tuple[str, str | Callable[[re.Match[str]], str] | None]]

# Where training scripts put the weights inside what they save, the best of them first.
_WRAPPERS = ("params_ema", "params", "state_dict", "model")
_SUFFIXES = (".pt", ".pth", ".ckpt", ".safetensors")
_LISTED = 5  # names in one message


def import_weights(file: Path, model: PartParams, folder: Path) -> str:
    """Write a checkpoint folder from a file of weights.

    Args:
        file: A state dict, as safetensors or as PyTorch saves it, bare or inside a dict of the training.
        model: The network that they belong to.
        folder: Of the checkpoint; must not exist.

    Returns:
        sha256 of the weights file written.

    Raises:
        CheckpointError: the file cannot be read safely; names are missing or left over, or a shape
            is another; or the folder exists.
        PartError: the model's authors published no weights that we know the names of.
    """
    if folder.exists():
        raise CheckpointError(
            f"{folder}: exists already; a checkpoint is written into a new folder"
        )
    network: Network = parts.build("models", model)
    state = _without_extras(renamed(read_state(file), names_of(model)), network, model)
    _check(file, state, network.state_dict(), model)
    network.load_state_dict(state)
    folder.mkdir(parents=True)
    about: dict[str, Any] = {
        "label": file.stem,
        "model": model.model_dump(mode="json"),
        "imported_from": {"file": file.name, "sha256": sha256_of(file)},
    }
    return checkpoint.save(folder, network, about)


def model_of(text: str) -> PartParams:
    """Read what `--as` says: `kdsr`, or with a preset `kdsr:M`, a teacher's as `kdsr:M:privileged`.

    Raises:
        PartError: there is no such model, preset, or switch.
    """
    name, *rest = text.split(":")
    part: Any = parts.load("models", name)
    presets: Mapping[str, PartParams] = part.PRESETS
    if not presets:
        raise PartError(f"{name} is not a network whose weights can be imported")
    params = presets[next(iter(presets))]
    if rest:
        if rest[0] not in presets:
            raise PartError(f"{name} has no preset {rest[0]!r} (there are: {', '.join(presets)})")
        params = presets[rest[0]]
    for switch in rest[1:]:
        if not isinstance(getattr(params, switch, None), bool):
            raise PartError(f"{name} has no switch {switch!r} to turn on")
        params = params.model_copy(update={switch: True})
    return params


def names_of(model: PartParams) -> Names:
    """Look up how the authors' names become ours.

    Raises:
        PartError: the model's file does not say.
    """
    names: Names | None = getattr(parts.load("models", model.name), "AUTHORS_NAMES", None)
    if names is None:
        raise PartError(f"models.{model.name} does not know the names in its authors' weights")
    return names


def read_state(file: Path) -> dict[str, Tensor]:
    """Read a state dict; of pickled files, tensors and plain containers alone are taken.

    Raises:
        CheckpointError: the file is missing, damaged, holds anything else, or no state dict.
    """
    if file.suffix not in _SUFFIXES:
        raise CheckpointError(f"{file}: weights end in {', '.join(_SUFFIXES)}")
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        with torch.serialization.safe_globals([Namespace]):  # a script's arguments, plain values
            content = torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251 - safe
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, SafetensorError) as error:
        raise CheckpointError(f"{file}: cannot be read as weights: {error}") from error
    except UnpicklingError as error:
        raise CheckpointError(
            f"{file}: holds more than tensors, and is not opened: {_first_line(error)}"
        ) from error
    state = _unwrapped(content)
    if state is None:
        raise CheckpointError(
            f"{file}: holds no state dict, neither bare nor under {', '.join(_WRAPPERS)}"
        )
    return state


def renamed(state: Mapping[str, Tensor], names: Names) -> dict[str, Tensor]:
    """Give every entry the name that it has here.

    Raises:
        CheckpointError: two entries come to one name.

    Example:
        >>> list(
        ...     renamed({"module.a.w": torch.zeros(1), "mean": torch.zeros(1)}, [("^mean$", None)])
        ... )
        ['a.w']
    """
    ours: dict[str, Tensor] = {}
    for theirs, value in state.items():
        name: str | None = theirs.removeprefix("module.")
        for pattern, replacement in names:
            if name is not None and re.search(pattern, name):
                name = None if replacement is None else re.sub(pattern, replacement, name)
        if name is None:
            continue
        if name in ours:
            raise CheckpointError(f"{theirs}: two entries of the weights come to {name}")
        ours[name] = value
    return ours


def _without_extras(
    state: dict[str, Tensor], network: Network, model: PartParams
) -> dict[str, Tensor]:
    """Leave out what the model's file calls optional, where this network has no place for it."""
    optional: str | None = getattr(parts.load("models", model.name), "OPTIONAL_NAMES", None)
    if optional is None:
        return state
    own = network.state_dict()
    return {n: value for n, value in state.items() if n in own or not re.search(optional, n)}


def _unwrapped(content: object) -> dict[str, Tensor] | None:
    if not isinstance(content, Mapping) or not content:
        return None
    if all(isinstance(value, Tensor) for value in content.values()):
        return dict(content)
    inner = (content[key] for key in _WRAPPERS if key in content)
    return next((state for state in map(_unwrapped, inner) if state is not None), None)


def _check(
    file: Path, state: Mapping[str, Tensor], own: Mapping[str, Tensor], model: PartParams
) -> None:
    """Refuse weights of another network, and say by how much."""
    shapes = [
        f"{name} is {tuple(state[name].shape)}, needed {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    faults = [
        f"{len(found)} {what}: {', '.join(found[:_LISTED])}{', ...' if len(found) > _LISTED else ''}"
        for what, found in (
            ("missing", [name for name in own if name not in state]),
            ("left over", [name for name in state if name not in own]),
            ("of another shape", shapes),
        )
        if found
    ]
    if faults:
        raise CheckpointError(f"{file}: is not models.{model.name} {model!r}; {'; '.join(faults)}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
