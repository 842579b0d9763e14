"""The table of pictures: one row a picture, or a pair where the set brings pairs, as Parquet.

Columns: path (within the data folder), split, num_bytes, sha256, width, height, grey, bits, all of the
ground truth, which several rows may share; lq, the path of the degraded mate or null; score, what people
said of the mate or null; scene, what must stay in one split, or the empty string; and what the ground truth
is like, by which `restill data diff` compares versions (components/inspection/descriptors.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from components.artifacts import Manifest
from components.store import Workplace

FILE = "manifest.parquet"
COLUMNS = (
    "path", "split", "num_bytes", "sha256", "width", "height", "grey", "bits", "lq", "score", "scene",
    "mean_luma", "contrast", "sharpness", "noise", "colourfulness", "jpeg_quality",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One picture or pair of a manifest, with the folder that its paths are relative to.

    Attributes:
        folder: The data folder.
        path: Of the ground truth.
        sha256: Of the ground truth's file.
        width: Of the ground truth, pixels.
        height: Of the ground truth, pixels.
        lq: Path of the degraded mate; None where degradations are drawn.
        score: What people said of the mate, higher is better; None where nobody was asked.
        scene: What must stay in one split; empty where every picture is a scene of its own.
    """

    folder: Path
    path: str
    sha256: str
    width: int
    height: int
    lq: str | None
    score: float | None = None
    scene: str = ""

    @property
    def file(self) -> Path:
        """Where the picture lies."""
        return self.folder / self.path


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write the table."""
    pd.DataFrame(rows, columns=list(COLUMNS)).to_parquet(file, index=False)


def read_rows(manifest: Manifest, split: str, workplace: Workplace) -> list[Row]:
    """Read the pictures of one split, train, validation or test, in the manifest's order."""
    table = pd.read_parquet(workplace.store.path(manifest, FILE))
    return [
        Row(
            workplace.data,
            row["path"],
            row["sha256"],
            int(row["width"]),
            int(row["height"]),
            row["lq"] if isinstance(row["lq"], str) else None,  # pandas 3 reads null as NaN
            None if pd.isna(row["score"]) else float(row["score"]),
            row["scene"],
        )
        for row in table[table["split"] == split].to_dict("records")
    ]
