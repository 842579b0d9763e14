"""What one station hands to the next: small frozen records, written as JSON, never a tensor."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from pydantic import ConfigDict, Field

from components.parts import Strict

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called as `progress(done, total, note)` while a station works."""


def no_progress(done: int, total: int, note: str) -> None:
    """Report to nobody."""


def name_of(folder: Path) -> PurePosixPath:
    """Name a work folder within its store: `<station>/<content key>`."""
    return PurePosixPath(*folder.parts[-2:])


class FileDigest(Strict):
    """One file of a work folder."""

    name: str
    num_bytes: int
    sha256: str


class Record(Strict):
    """What a station made.

    Attributes:
        folder: The work folder, relative to the store: `<station>/<content key>`.
    """

    folder: PurePosixPath = Field(strict=False)

    @property
    def key(self) -> str:
        """The content key, the last part of the folder."""
        return self.folder.name


class Manifest(Record):
    """Station 1: every picture of one version of the data; the rows are in `manifest.parquet`."""

    data_digest: str = Field(description="md5 of the tree as DVC names it, ends in .dir")
    rows_digest: str = Field(description="sha256 over paths, bytes and split of all rows")
    counts: dict[str, int] = Field(description="split -> number of pictures")
    num_bytes: int = Field(description="all pictures together")


class Checkpoint(Record):
    """Stations 2 and 3: weights in `weights.safetensors`, all else in `model.json`."""

    label: str = Field(description="teacher, student, or what the comparison is called")
    recipe: str
    model: dict[str, Any] = Field(description="parameters of the part in components/models")
    sha256: str = Field(description="digest of weights.safetensors")
    num_parameters: int
    data_digest: str
    seed: int
    train_seconds: float
    validation_psnr_db: float = Field(description="RGB, fixed validation patches, last point")

    @property
    def facts(self) -> dict[str, Any]:
        """What a table shows of it."""
        return {
            "model": self.label,
            "parameters": self.num_parameters,
            "validation PSNR (dB)": round(self.validation_psnr_db, 2),
            "seconds": round(self.train_seconds, 1),
        }


class Cost(Strict):
    """What a network costs to run."""

    num_parameters: int
    giga_macs: float = Field(description="multiply-adds per megapixel of output, in 10^9")
    latency_ms: float = Field(description="per megapixel of output on the device that measured")
    device: str


class BenchmarkReport(Record):
    """Station 4: one model measured once; one row a picture and slice in `images.parquet`."""

    # Equal pictures have an infinite PSNR; the gate, not the record, decides what that means.
    model_config = ConfigDict(allow_inf_nan=True, ser_json_inf_nan="constants")

    label: str
    protocol: str = Field(description="id of the protocol, with its settings")
    benchmark_digest: str = Field(description="same digest: same pictures, damage, protocol, code")
    num_images: int
    mean: dict[str, float] = Field(description="psnr_db, ssim -> mean over all rows")
    slices: dict[str, dict[str, float]] = Field(description="slice -> metric -> mean over pictures")
    cost: Cost
    weights_sha256: str = Field(description="empty for a model without weights")


class Verdict(Strict):
    """Station 5: the gate's answer, with a reason for every rule."""

    passed: bool
    outcome: str = Field(description="first, better, rejected, or unchanged")
    gain_db: float | None = Field(description="over the champion; None without one")
    reasons: tuple[str, ...] = Field(strict=False)


class Release(Strict):
    """Station 6: a model version in the registry."""

    name: str
    version: str
    alias: str
