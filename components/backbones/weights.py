"""Weights that others published: a file or an address, always with a digest, and safely read.

A file of any other digest is refused, and a digest there must be: numbers made with unknown weights
mean nothing, and the digest among the parameters makes it part of every key. Pickled code never runs.
"""

import re
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - what torch raises for files that it will not read
from typing import Any, Self
from urllib.parse import urlsplit
from zipfile import BadZipFile

import numpy as np
import torch
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from components.errors import CheckpointError
from components.parts import Block
from components.store import sha256_of

_DIGEST_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.\w+$")  # as PyTorch names its own files

_UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, BadZipFile),  # NumPy
    *(RuntimeError, UnpicklingError),  # torch
    SafetensorError,
)


class Weights(Block):
    """Where weights are, and which."""

    source: str = Field(min_length=1, description="a file, or an address (https://...)")
    sha256: str = Field(
        default="",
        pattern=r"^([0-9a-f]{8,64})?$",
        description="of the file, 8 digits or more; may stand in its name instead (name-397923af.pth)",
    )

    @model_validator(mode="after")
    def _has_a_digest(self) -> Self:
        if not self.digest:
            raise PydanticCustomError(
                "digest", "needs a sha256, the first 8 digits or all 64, for its name has none"
            )
        return self

    @property
    def digest(self) -> str:
        """The first digits of the file's sha256, at least 8."""
        named = _DIGEST_IN_NAME.search(self.source)
        return self.sha256 or (named[1] if named else "")

    @property
    def is_address(self) -> bool:
        """Whether the file has to be fetched."""
        return urlsplit(self.source).scheme in {"http", "https"}


def read(weights: Weights) -> dict[str, Tensor]:
    """Read published weights, on the CPU; fetch them first where their source is an address.

    What was fetched is kept in `$TORCH_HOME/hub/checkpoints`.

    Returns:
        Name -> tensor, of safetensors, of NumPy's npz, or of a state dict that torch saved.

    Raises:
        CheckpointError: the file is missing, cannot be fetched, has another digest, or holds anything
            but tensors by name.
    """
    file = _fetched(weights) if weights.is_address else Path(weights.source).expanduser()
    if not file.is_file():
        raise CheckpointError(f"{file}: no such file of published weights")
    found = sha256_of(file)
    if not found.startswith(weights.digest):
        raise CheckpointError(f"{file}: needs sha256 {weights.digest}, it is {found}")
    try:
        state = _state(file)
    except _UNREADABLE as error:
        raise CheckpointError(f"{file}: cannot be read as weights: {_first_line(error)}") from error
    if not isinstance(state, dict) or not all(isinstance(t, Tensor) for t in state.values()):
        raise CheckpointError(f"{file}: needs a state dict, tensors by name; got another content")
    return {str(name): tensor for name, tensor in state.items()}


def fill(network: nn.Module, weights: Weights) -> None:
    """Give a network published weights; names that it has no use for are left out.

    Raises:
        CheckpointError: as `read`, or a tensor is missing or has another shape.
    """
    state = read(weights)
    wanted = network.state_dict()
    lacking = sorted(wanted.keys() - state.keys())
    if lacking:
        raise CheckpointError(f"{weights.source}: lacks {len(lacking)} tensors: {lacking[0]}, ...")
    for name, tensor in wanted.items():
        if state[name].shape != tensor.shape:
            raise CheckpointError(
                f"{weights.source}: {name} must be {tuple(tensor.shape)}, "
                f"it is {tuple(state[name].shape)}"
            )
    network.load_state_dict({name: state[name] for name in wanted})


def _fetched(weights: Weights) -> Path:
    """Fetch a file unless it was fetched before."""
    name = Path(urlsplit(weights.source).path).name
    file = Path(torch.hub.get_dir()) / "checkpoints" / f"{weights.digest[:8]}-{name}"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        try:  # under another name until it is whole and has the digest
            torch.hub.download_url_to_file(
                weights.source, str(file), hash_prefix=weights.digest, progress=False
            )
        except (OSError, HTTPException, RuntimeError) as error:
            raise CheckpointError(f"{weights.source}: cannot be fetched: {error}") from error
    return file


def _state(file: Path) -> Any:
    if file.suffix == ".safetensors":
        return load_file(file)
    if file.suffix == ".npz":
        with np.load(file, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(array) for name, array in arrays.items()}
    # Others publish what torch saved; with `weights_only` no code in it runs.
    return torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
