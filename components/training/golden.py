"""Golden pictures: what a network gave where it was made, kept to compare with where it serves.

Their sizes are those that go wrong: odd sides, several at once, one pixel more than a tile, and grey.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from components.draws import Draws
from components.inference import restore
from components.training import checkpoint

FILE = "golden.safetensors"

_TILE = 16


@dataclass(frozen=True, slots=True)
class Case:
    """One golden input.

    Attributes:
        lq: (B, 3, h, w), RGB in [0, 1].
        tile: As `inference.restore` takes it; 0: whole.
    """

    name: str
    lq: Tensor
    tile: int = 0


def cases() -> Iterator[Case]:
    """Draw the inputs; the same on every machine."""
    yield Case("odd sides", _noise(1, 23, 19))
    yield Case("three at once", _noise(3, 16, 21))
    yield Case("one pixel more than a tile", _noise(1, _TILE + 1, _TILE), tile=_TILE)
    yield Case("grey", _noise(1, 20, 18)[:, :1].expand(-1, 3, -1, -1))


def record(folder: Path, target: Path) -> Path:
    """Restore the golden inputs with a checkpoint, on the CPU.

    Args:
        folder: Of the checkpoint.
        target: A folder.

    Returns:
        The file in it: tensors `<case>.lq` and `<case>.restored`, and each case's tile as metadata.

    Raises:
        CheckpointError: the checkpoint is damaged.
    """
    network = checkpoint.load(folder)
    tensors, tiles = {}, {}
    for case in cases():
        restored = restore(network, case.lq, tile=case.tile).clamp(0, 1)
        tensors[f"{case.name}.lq"] = case.lq.contiguous()
        tensors[f"{case.name}.restored"] = restored.contiguous()
        tiles[case.name] = str(case.tile)
    save_file(tensors, target / FILE, metadata=tiles)
    return target / FILE


def _noise(batch: int, height: int, width: int) -> Tensor:
    return Draws(torch.arange(batch)).uniform(0, 1, (3, height, width))
