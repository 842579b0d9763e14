"""Read a sharded set from far away, in an order that is a function of the seed, at any position.

Memory holds the bytes of a few reads, whatever the set's size: rows are looked up in the local copy of the
index, one row group at a time, and bytes are fetched in ranges that cover rows next to each other.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import ValidationError

from components.datasets.places import Place, open_place
from components.datasets.shards import SET, ShardedSet
from components.draws import named_seed
from components.errors import DatasetError
from components.store import write_atomically

_COLUMNS = ["path", "sha256", "num_bytes", "lq", "shard", "offset"]
_COLUMNS += ["lq_offset", "lq_num_bytes", "lq_sha256"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and how.

    Attributes:
        rank: Number of this process.
        world: How many processes share the set; each gets as many pictures as every other.
        seed: Decides the order of the shards, another one each epoch.
        read_bytes: Bytes of one request; one picture at least.
        ahead: Requests under way at a time.
    """

    rank: int = 0
    world: int = 1
    seed: int = 0
    read_bytes: int = 8 << 20
    ahead: int = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture or pair, as the bytes of its files.

    Attributes:
        position: Its number in this process's reading; `read(position + 1)` goes on after it.
        path: Of the ground truth, as in the manifest.
        gt: The file's bytes, with the manifest's sha256.
        lq: Those of the degraded mate; None where the set has none.
    """

    position: int
    path: str
    gt: bytes
    lq: bytes | None


class Stream:
    """The pictures of one split of a sharded set.

    Args:
        url: A folder, or `s3://bucket/prefix`, that `shards.write` filled.
        split: Which pictures.
        cache: Where the index is copied to, once for all processes of a machine.
        reader: Who reads.

    Raises:
        DatasetError: the set is not whole, or has fewer pictures in the split than readers.
        StoreError: the place cannot be read.
    """

    def __init__(self, url: str, split: str, *, cache: Path, reader: Reader | None = None) -> None:
        self._place = open_place(url)
        self._reader = reader or Reader()
        self._index = pq.ParquetFile(_fetch_index(self._place, cache), memory_map=True)
        self._groups = _groups_of(self._index, split)
        self.num_rows = sum(self._groups.values()) // self._reader.world
        if not self.num_rows:
            total = sum(self._groups.values())
            raise DatasetError(f"{url}: has {total} pictures in {split}, for {self._reader.world}")

    def read(self, start: int = 0) -> Iterator[Sample]:
        """Yield pictures without end, `num_rows` an epoch, each read and verified.

        Args:
            start: Position of the first; equal positions give equal pictures, however one got there.

        Raises:
            DatasetError: a picture's bytes are not the manifest's.
            StoreError: a shard could not be read after some attempts.
        """
        with ThreadPoolExecutor(self._reader.ahead) as pool:
            under_way: deque[Future[list[Sample]]] = deque()
            try:
                for rows in _cut(self._rows(start), self._reader.read_bytes):
                    under_way.append(pool.submit(_fetch, self._place, rows))
                    if len(under_way) == self._reader.ahead:
                        yield from under_way.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _rows(self, start: int) -> Iterator[dict[str, Any]]:
        """Yield this process's rows of the index, with their positions; without end."""
        position = start
        while True:
            epoch, within = divmod(position, self.num_rows)
            first = self._reader.rank * self.num_rows
            for row in self._slice(epoch, first + within, first + self.num_rows):
                yield row | {"position": position, "epoch": epoch}
                position += 1

    def _slice(self, epoch: int, start: int, stop: int) -> Iterator[dict[str, Any]]:
        """Yield rows by their numbers in an epoch, whose shards come in an order of its own."""
        before = 0
        for group in sorted(
            self._groups, key=lambda g: named_seed(self._reader.seed, f"{epoch}/{g}")
        ):
            low, high = max(start - before, 0), min(stop - before, self._groups[group])
            if low < high:
                rows = self._index.read_row_group(group, columns=_COLUMNS)
                yield from rows.slice(low, high - low).to_pylist()
            before += self._groups[group]


def _fetch_index(place: Place, cache: Path) -> Path:
    """Return the local copy of the index; one with the right digest is not fetched again."""
    name = f"{place.url}/{SET}"
    try:
        known = ShardedSet.model_validate_json(place.read(SET))
    except ValidationError as error:
        raise DatasetError(f"{name}: is not the record of a sharded set") from error
    file = cache / known.index
    if not file.is_file():  # written whole or not at all, under a name that says which bytes it has
        content = place.read(known.index)
        if hashlib.sha256(content).hexdigest() != known.sha256:
            raise DatasetError(f"{place.url}/{known.index}: is not the index that {name} names")
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(file, content)
    return file


def _groups_of(index: pq.ParquetFile, split: str) -> dict[int, int]:
    """Map each row group of a split -> its number of rows; a group's statistics name its split."""
    facts, column = index.metadata, index.schema_arrow.names.index("split")
    groups = (facts.row_group(number) for number in range(facts.num_row_groups))
    return {
        number: group.num_rows
        for number, group in enumerate(groups)
        if group.column(column).statistics.min == split
    }


def _cut(rows: Iterator[dict[str, Any]], read_bytes: int) -> Iterator[list[dict[str, Any]]]:
    """Gather rows of one shard whose files lie within one read; a read ends with the epoch."""
    gathered: list[dict[str, Any]] = []
    low = high = 0
    for row in rows:
        start, stop = _extent(row)
        last = gathered[-1] if gathered else {}
        together = all(last.get(key) == row[key] for key in ("shard", "epoch"))
        if together and max(high, stop) - min(low, start) <= read_bytes:
            low, high = min(low, start), max(high, stop)
        else:
            if gathered:
                yield gathered
            gathered, low, high = [], start, stop
        gathered.append(row)


def _extent(row: dict[str, Any]) -> tuple[int, int]:
    """Return the first byte of a row's files, and the one after the last."""
    start, stop = row["offset"], row["offset"] + row["num_bytes"]
    if row["lq"] is None:
        return start, stop
    return min(start, row["lq_offset"]), max(stop, row["lq_offset"] + row["lq_num_bytes"])


def _fetch(place: Place, rows: list[dict[str, Any]]) -> list[Sample]:
    """Read the files of some rows of one shard with one request."""
    extents = [_extent(row) for row in rows]
    start, stop = min(low for low, _ in extents), max(high for _, high in extents)
    content = memoryview(place.read(rows[0]["shard"], start, stop - start))
    name = f"{place.url}/{rows[0]['shard']}"

    def part(path: str, offset: int, num_bytes: int, sha256: str) -> bytes:
        found = bytes(content[offset - start : offset - start + num_bytes])
        if hashlib.sha256(found).hexdigest() != sha256:
            raise DatasetError(
                f"{name}: {path} is damaged, its sha256 is not the manifest's {sha256}"
            )
        return found

    return [
        Sample(
            row["position"],
            row["path"],
            part(row["path"], row["offset"], row["num_bytes"], row["sha256"]),
            part(row["lq"], row["lq_offset"], row["lq_num_bytes"], row["lq_sha256"])
            if row["lq"] is not None
            else None,
        )
        for row in rows
    ]
