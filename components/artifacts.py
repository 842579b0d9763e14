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
    validation: float = Field(description="of fixed validation patches, last point of the curve")
    score: str = Field(default="psnr_db", description="what `validation` is; RGB for psnr_db")

    @property
    def facts(self) -> dict[str, Any]:
        """What a table shows of it."""
        return {
            "model": self.label,
            "parameters": self.num_parameters,
            f"validation {self.score}": round(self.validation, 2),
            "seconds": round(self.train_seconds, 1),
        }


class Cost(Strict):
    """What a network costs to run."""

    num_parameters: int
    giga_macs: float = Field(description="multiply-adds per megapixel of output, in 10^9")
    latency_ms: float = Field(description="per megapixel of output on the device that measured")
    device: str
    file_mib: float | None = Field(
        default=None, description="the file of its weights; None in records from before"
    )
    activation_mib: float | None = Field(
        default=None,
        description="per megapixel of output: tensors alive at once, besides weights and the "
        "workspace of libraries; None in records from before",
    )


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
    suite: str = Field(default="", description="what people call the pictures")
    expected_images: int | None = Field(
        default=None, description="rows that the suite should have; None where nobody knows"
    )
    num_clipped: int = Field(
        default=0, description="restored values outside [0, 1], of all rows; they were clipped"
    )


class Rule(Strict):
    """One rule of the gate, applied."""

    name: str
    value: float | None = Field(description="what was found; None where nothing could be")
    limit: float | None = Field(description="what it was held against")
    passed: bool
    sentence: str = Field(description="both in words")


class Verdict(Strict):
    """Station 5: the gate's answer, with a reason for every rule."""

    passed: bool = Field(description="may become the champion; never in the mode dry_run")
    outcome: str = Field(description="by the rules: first, better, rejected, or unchanged")
    gain_db: float | None = Field(description="over the champion; None without one")
    reasons: tuple[str, ...] = Field(strict=False, description="the broken rules; else all")
    mode: str = Field(default="enforce", description="off, dry_run, or enforce")
    interval_db: tuple[float, float] | None = Field(
        default=None, strict=False, description="of the gain; None where there is none"
    )
    num_pictures: int | None = Field(default=None, description="behind the interval")
    rules: tuple[Rule, ...] = Field(
        default=(), strict=False, description="in order; empty where nothing could be compared"
    )


class Release(Strict):
    """Station 6: a model version in the registry."""

    name: str
    version: str
    alias: str
