"""The rows of a measurement, a line a picture and slice: in a work folder, or with a run in MLflow."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from components.archive.records import Measurement
from components.errors import StoreError
from components.store import Store
from components.tracking import Tracking

_FILE = "images.parquet"  # within a work folder
_FOLDER = "images"  # of a run


@dataclass(frozen=True, slots=True)
class Rows:
    """Where rows lie."""

    tracking: Tracking
    store: Store

    def of(self, one: Measurement) -> pd.DataFrame | None:
        """Read the rows of a measurement: image, slice, and a column a metric; None when they are gone.

        Raises:
            RegistryError: MLflow failed.
            StoreError: a file is damaged.
        """
        file = self.store.root / one.folder / _FILE
        if one.folder and file.is_file():
            return _table(file)
        return self._fetched(one.run_id, f"{_FOLDER}/{one.label}.parquet") if one.run_id else None

    def _fetched(self, run_id: str, name: str) -> pd.DataFrame | None:
        with self.tracking.asking() as client, tempfile.TemporaryDirectory() as folder:
            if name not in {file.path for file in client.list_artifacts(run_id, _FOLDER)}:
                return None
            return _table(Path(client.download_artifacts(run_id, name, folder)))


def _table(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise StoreError(f"{file}: cannot be read as rows of a benchmark: {error}") from error
