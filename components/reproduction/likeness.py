"""How like two checkpoints are, in their weights and in what they restore."""

from math import inf
from pathlib import Path

import torch
from pydantic import ConfigDict, Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from components.errors import CheckpointError, PairError
from components.inference import restore
from components.metrics import psnr
from components.parts import Strict
from components.training import checkpoint

_SIDE = 48  # of the fixed input, pixels


class Likeness(Strict):
    """Differences between two checkpoints; 0 means bit for bit."""

    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="constants")

    num_tensors: int = Field(description="in both together")
    tensors: dict[str, float] = Field(
        description="name -> largest absolute difference, of those that differ, largest first; "
        "inf where one has no such tensor, has another shape, or a value is no number"
    )
    pictures: float | None = Field(
        description="largest absolute difference of the restored picture, of 1; None when it "
        "could not be restored by both"
    )
    psnr_db: float | None = Field(description="of one restored picture to the other")
    unrestored: str = Field(default="", description="why there are no pictures")

    @property
    def weights(self) -> float:
        """The largest absolute difference of a weight."""
        return max(self.tensors.values(), default=0.0)

    def within(self, tolerance: float) -> bool:
        """Tell whether neither weights nor pictures differ by more."""
        if self.weights == 0:  # whatever is written beside them
            return True
        return (
            self.weights <= tolerance and self.pictures is not None and self.pictures <= tolerance
        )


def compare(first: Path, second: Path) -> Likeness:
    """Compare two checkpoint folders.

    Args:
        first: One checkpoint.
        second: The other.

    Raises:
        CheckpointError: weights cannot be read.
    """
    ours, theirs = _weights(first), _weights(second)
    names = dict.fromkeys((*ours, *theirs))
    found = {name: _difference(ours.get(name), theirs.get(name)) for name in names}
    differing = {name: value for name, value in found.items() if value}
    pictures, psnr_db, why = _compare_pictures(first, second)
    return Likeness(
        num_tensors=len(names),
        tensors=dict(sorted(differing.items(), key=lambda item: -item[1])),
        pictures=pictures,
        psnr_db=psnr_db,
        unrestored=why,
    )


def _compare_pictures(first: Path, second: Path) -> tuple[float | None, float | None, str]:
    """Return the largest difference and the PSNR in dB, or why there are none."""
    try:
        a, b = _restored(first), _restored(second)
        return _difference(a, b), float(psnr.measure(a, b)), ""
    # Today's code need not know yesterday's networks; others restore another size, or no numbers.
    except (CheckpointError, PairError) as error:
        return None, None, str(error)


def _weights(folder: Path) -> dict[str, Tensor]:
    try:
        return load_file(folder / checkpoint.WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{folder / checkpoint.WEIGHTS}: cannot be read: {error}") from error


def _difference(a: Tensor | None, b: Tensor | None) -> float:
    if a is None or b is None or a.shape != b.shape:
        return inf
    if torch.equal(a, b) or not a.numel():
        return 0.0
    return float((a.double() - b.double()).abs().nan_to_num(nan=inf, posinf=inf).max())


def _restored(folder: Path) -> Tensor:
    """Restore a fixed picture of random pixels, (1, 3, h, w) clipped to [0, 1]."""
    lq = torch.rand(1, 3, _SIDE, _SIDE, generator=torch.Generator().manual_seed(0))
    return restore(checkpoint.load(folder), lq).clamp(0, 1)
