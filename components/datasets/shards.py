"""A data set as a few large files: tar archives, and the manifest with where each picture lies in them.

    shards/train-000000-<12 digits of its sha256>.tar     plain, so any `tar` reads them
    index-<12 digits of its sha256>.parquet               the manifest's columns, and those of `PLACES`
    set.json                                              names the index; written last

A shard holds pictures of one split, in the manifest's order, and its rows are one row group of the index.
"""

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from components.artifacts import Progress, no_progress
from components.datasets.places import Place, open_place
from components.errors import DatasetError
from components.parts import Strict
from components.store import sha256_of

SET = "set.json"
SHARD_BYTES = 1 << 30
PLACES = pa.schema(
    [
        ("shard", pa.string()),
        ("offset", pa.int64()),  # of the ground truth's first byte
        ("lq_offset", pa.int64()),
        ("lq_num_bytes", pa.int64()),
        ("lq_sha256", pa.string()),
    ]
)
"""Columns of the index that the manifest lacks; those of the mate are null where there is none."""

_BATCH = 4096  # rows of the manifest in memory at a time


class ShardedSet(Strict):
    """What `set.json` holds.

    Attributes:
        index: Name of the index.
        sha256: Of the index.
        num_shards: How many.
        num_rows: Rows of the manifest.
        num_bytes: All shards together.
    """

    index: str
    sha256: str
    num_shards: int
    num_rows: int
    num_bytes: int


def write(
    manifest: Path,
    data: Path,
    url: str,
    *,
    shard_bytes: int = SHARD_BYTES,
    progress: Progress = no_progress,
) -> ShardedSet:
    """Lay a data set out in shards; interrupted, the same call sends only what is not there yet.

    Args:
        manifest: The table that station 1 wrote.
        data: The folder that its paths are relative to.
        url: A folder, or `s3://bucket/prefix`.
        shard_bytes: Where a shard ends; it holds one picture at least.
        progress: Told once a shard, in pictures.

    Returns:
        What was written; equal sets give equal files.

    Raises:
        DatasetError: a picture is missing, or is no longer the manifest's.
        StoreError: the place could not be written.
    """
    table = pyarrow.dataset.dataset(manifest)
    place, num_rows = open_place(url), table.count_rows()
    schema = pa.unify_schemas([table.schema.remove_metadata(), PLACES])
    done = num_shards = num_bytes = 0
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "index.parquet"
        with pq.ParquetWriter(
            file, schema, compression="zstd", write_statistics=["split"]
        ) as index:
            for shard in _shards(table, data, shard_bytes, Path(scratch)):
                rows = _send(place, shard)
                index.write_table(pa.Table.from_pylist(rows, schema), row_group_size=len(rows))
                done, num_shards = done + len(rows), num_shards + 1
                num_bytes += shard.num_bytes
                progress(done, num_rows, rows[0]["shard"])
        return _send_index(
            place, file, num_shards=num_shards, num_rows=num_rows, num_bytes=num_bytes
        )


class _Shard:
    """A shard that is being packed into a local file; a file that rows share is packed once."""

    def __init__(self, split: str, number: int, file: Path) -> None:
        self.split, self.number, self.file = split, number, file
        self.rows: list[dict[str, Any]] = []
        self.num_bytes = 0
        self._known: dict[str, tuple[int, int, str]] = {}
        self._tar = tarfile.open(file, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - `close` does

    def add(self, row: dict[str, Any], data: Path) -> None:
        """Pack a picture, and its mate where it has one."""
        offset, _, sha256 = self._pack(data, row["path"])
        if sha256 != row["sha256"]:
            raise DatasetError(
                f"{data / row['path']}: is not the manifest's picture: its sha256 is {sha256}, "
                f"expected {row['sha256']}"
            )
        mate = self._pack(data, row["lq"]) if row.get("lq") else (None, None, None)
        self.rows.append(row | dict(zip(PLACES.names[1:], (offset, *mate), strict=True)))

    def close(self) -> None:
        self._tar.close()
        self.num_bytes = self.file.stat().st_size

    def _pack(self, data: Path, path: str) -> tuple[int, int, str]:
        if path not in self._known:
            try:
                content = (data / path).read_bytes()
            except OSError as error:
                raise DatasetError(f"{data / path}: cannot be read: {error.strerror}") from error
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            header = len(entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
            place = (self._tar.offset + header, len(content), hashlib.sha256(content).hexdigest())
            self._tar.addfile(entry, io.BytesIO(content))
            self._known[path] = place
            self.num_bytes = self._tar.offset
        return self._known[path]


def _shards(
    table: pyarrow.dataset.Dataset, data: Path, shard_bytes: int, scratch: Path
) -> Iterator[_Shard]:
    """Pack shard by shard; a shard's file is removed when the next one is asked for."""
    for split in _splits(table):
        shard: _Shard | None = None
        number = 0
        for row in _rows(table, split):
            shard = shard or _Shard(split, number, scratch / f"{split}-{number}.tar")
            shard.add(row, data)
            if shard.num_bytes >= shard_bytes:
                yield _closed(shard)
                shard.file.unlink()
                shard, number = None, number + 1
        if shard:
            yield _closed(shard)
            shard.file.unlink()


def _splits(table: pyarrow.dataset.Dataset) -> list[str]:
    """List the splits in the order in which they first appear."""
    batches = table.to_batches(columns=["split"])
    return list(
        dict.fromkeys(split for batch in batches for split in batch["split"].unique().to_pylist())
    )


def _closed(shard: _Shard) -> _Shard:
    shard.close()
    return shard


def _rows(table: pyarrow.dataset.Dataset, split: str) -> Iterator[dict[str, Any]]:
    chosen = pyarrow.dataset.field("split") == split
    for batch in table.to_batches(filter=chosen, batch_size=_BATCH):
        yield from batch.to_pylist()


def _send(place: Place, shard: _Shard) -> list[dict[str, Any]]:
    """Send a shard unless it is there: its name says which bytes it has."""
    sha256 = sha256_of(shard.file)
    name = f"shards/{shard.split}-{shard.number:06d}-{sha256[:12]}.tar"
    if place.length(name) != shard.num_bytes:
        place.put(name, shard.file)
    return [row | {"shard": name} for row in shard.rows]


def _send_index(place: Place, file: Path, **facts: int) -> ShardedSet:
    sha256 = sha256_of(file)
    made = ShardedSet(index=f"index-{sha256[:12]}.parquet", sha256=sha256, **facts)
    place.put(made.index, file)
    record = file.with_name(SET)
    record.write_text(made.model_dump_json(indent=1))
    place.put(SET, record)
    return made
