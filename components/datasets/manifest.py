"""The table of pictures: one row a picture, as Parquet.

Columns: path (within the data folder), split, num_bytes, sha256, width, height, grey, bits; and lq, the
path of the degraded mate or null.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from components.artifacts import Manifest
from components.store import Workplace

FILE = "manifest.parquet"
COLUMNS = ("path", "split", "num_bytes", "sha256", "width", "height", "grey", "bits", "lq")


@dataclass(frozen=True, slots=True)
class Row:
    """One picture of a manifest, with the folder that its path is relative to."""

    folder: Path
    path: str
    sha256: str
    width: int
    height: int
    lq: str | None

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
        )
        for row in table[table["split"] == split].to_dict("records")
    ]
