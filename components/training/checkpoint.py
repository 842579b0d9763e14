"""Checkpoints: `weights.safetensors` and `model.json` in one folder; nothing is pickled."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from components import parts
from components.errors import CheckpointError, PartError
from components.models import Network, RestorationModel
from components.parts import PartParams
from components.store import sha256_of

WEIGHTS = "weights.safetensors"
MODEL = "model.json"


def save(folder: Path, network: Network, about: dict[str, Any]) -> str:
    """Write a network and what is known about it.

    Args:
        folder: Must exist.
        network: Its weights are written from the CPU, contiguous.
        about: JSON values; must hold `model`, the parameters of the network's part.

    Returns:
        sha256 of the weights file.
    """
    state = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    save_file(state, folder / WEIGHTS)
    digest = sha256_of(folder / WEIGHTS)
    text = json.dumps({**about, "weights_sha256": digest}, indent=1, sort_keys=True)
    (folder / MODEL).write_text(text)
    return digest


def load(folder: Path) -> RestorationModel:
    """Build the restoring network of a checkpoint folder, with its weights, in evaluation mode.

    Raises:
        CheckpointError: the network does not restore, and as `load_network`.
    """
    network = load_network(folder)
    if not isinstance(network, RestorationModel):
        name = type(network).__module__.rpartition(".")[2]
        raise CheckpointError(f"{folder}: {name} is a network that teaches, it restores nothing")
    return network


def load_network(folder: Path) -> Network:
    """Build the network that a checkpoint folder describes, with its weights, in evaluation mode.

    Raises:
        CheckpointError: a file is missing or damaged, or the weights fit another network.
    """
    about = read_about(folder)
    try:
        state = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder / WEIGHTS}: cannot be read: {error}") from error
    if sha256_of(folder / WEIGHTS) != about["weights_sha256"]:
        raise CheckpointError(
            f"{folder / WEIGHTS}: is not the file that {MODEL} describes (sha256)"
        )
    try:
        network = build(about["model"])
        network.load_state_dict(state)
    except PartError as error:
        raise CheckpointError(f"{folder / MODEL}: {error}") from error
    except RuntimeError as error:  # torch's list of missing, left-over and ill-shaped weights
        raise CheckpointError(f"{folder}: the weights fit another network: {error}") from error
    # Convolutions run faster so; torch's stubs do not know the argument.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False)  # noqa: FBT003 - torch's signature


def read_about(folder: Path) -> dict[str, Any]:
    """Read `model.json`.

    Raises:
        CheckpointError: it is missing, is not JSON, or lacks a key.
    """
    try:
        about: dict[str, Any] = json.loads((folder / MODEL).read_text())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder / MODEL}: cannot be read: {error}") from error
    lacking = {"model", "weights_sha256"} - (about.keys() if isinstance(about, dict) else set())
    if lacking:
        raise CheckpointError(f"{folder / MODEL}: lacks {sorted(lacking)}")
    return about


def build(model: dict[str, Any] | PartParams) -> Network:
    """Build an untrained network from the parameters of its part.

    Raises:
        PartError: there is no such part, or it does not take these parameters.
    """
    params = model if isinstance(model, PartParams) else parts.configure("models", model)
    network: Network = parts.build("models", params)
    return network
