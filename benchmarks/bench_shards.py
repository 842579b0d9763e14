"""Shards on S3: how fast they are read, what memory it takes as a set grows, and what an index weighs.

    .venv/bin/python benchmarks/bench_shards.py

The server is rclone's on loopback (the extra `dev` brings it); files are random bytes, 200 kB each, as large
as a PNG of 320x240. Every reading runs in a process of its own, whose peak memory is the system's figure. The
peer reads the same files one by one, with one GET each, from as many threads. Takes three minutes, 2 GB.
"""

import hashlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from components.datasets.manifest import COLUMNS
from components.datasets.places import open_place
from components.datasets.shards import PLACES, write
from components.datasets.stream import Reader, Stream
from tests.s3 import KEY, SECRET, Server

_FILE, _PICTURES = 200_000, 300
_SIZES = (1, 10)
_ROWS, _GROUP = 1_000_000, 2000  # of the synthetic index, and of one shard: 1 GiB of 0.5 MB files


def main() -> None:
    """Measure, and print a line each."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "objects").mkdir()
        server = Server(folder / "objects")
        os.environ |= {"AWS_ENDPOINT_URL": server.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
        os.environ |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        try:
            for size in _SIZES:
                url = f"s3://{server.new_bucket()}"
                _lay_out(folder / f"{size}x", size * _PICTURES, url)
                for kind in ("shards", "single files"):
                    _in_a_process(kind, url, folder / f"{size}x")
        finally:
            server.stop()
        _in_a_process("index", "", folder)


def _lay_out(folder: Path, count: int, url: str) -> None:
    (folder / "data").mkdir(parents=True)
    rng, rows, place = np.random.default_rng(0), [], open_place(url)
    for number in range(count):
        file = folder / "data" / f"{number:06d}.png"
        file.write_bytes(rng.bytes(_FILE))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        rows.append(dict.fromkeys(COLUMNS) | {"path": file.name, "split": "train"})
        rows[-1] |= {"num_bytes": _FILE, "sha256": digest, "width": 320, "height": 240}
        place.put(file.name, file)
    pd.DataFrame(rows).to_parquet(folder / "manifest.parquet")
    started = time.perf_counter()
    made = write(folder / "manifest.parquet", folder / "data", url, shard_bytes=32 << 20)
    speed = made.num_bytes / 1e6 / (time.perf_counter() - started)
    print(f"{count} pictures: written in {made.num_shards} shards at {speed:.0f} MB/s", flush=True)


def _in_a_process(kind: str, url: str, folder: Path) -> None:
    subprocess.run([sys.executable, __file__, kind, url, str(folder)], check=True)  # noqa: S603 - ours


def _read_shards(url: str, folder: Path) -> None:
    stream = Stream(url, "train", cache=folder / "cache", reader=Reader())
    samples = itertools.islice(stream.read(), stream.num_rows)
    _measure("shards, 4 x 8 MiB ahead, verified", (len(sample.gt) for sample in samples))


def _read_files(url: str, folder: Path) -> None:
    names = pd.read_parquet(folder / "manifest.parquet")["path"]
    place = open_place(url)
    with ThreadPoolExecutor(4) as pool:
        _measure("one GET a file, 4 threads", pool.map(lambda name: len(place.read(name)), names))


def _weigh_index(_: str, folder: Path) -> None:
    """Write an index of a million rows, shard by shard; open it, and read one shard's rows."""
    file, rng = folder / "index.parquet", np.random.default_rng(0)
    frame = pd.DataFrame(columns=list(COLUMNS))
    types = {"path": pa.string(), "split": pa.string(), "sha256": pa.string(), "lq": pa.string()}
    types |= {"scene": pa.string(), "grey": pa.bool_(), "score": pa.float64()}
    fields = [(name, types.get(name, pa.int64())) for name in frame.columns]
    schema = pa.unify_schemas([pa.schema(fields), PLACES])
    with pq.ParquetWriter(file, schema, compression="zstd", write_statistics=["split"]) as writer:
        for shard in range(_ROWS // _GROUP):
            rows = [_row(shard, number, rng) for number in range(_GROUP)]
            writer.write_table(pa.Table.from_pylist(rows, schema), row_group_size=_GROUP)
    subprocess.run([sys.executable, __file__, "open", "", str(file)], check=True)  # noqa: S603 - ours


def _row(shard: int, number: int, rng: np.random.Generator) -> dict[str, object]:
    return {
        "path": f"train/part-{shard:05d}/{shard * _GROUP + number:08d}.png",
        "split": "train",
        "num_bytes": int(rng.integers(4e5, 6e5)),
        "sha256": rng.bytes(32).hex(),
        "width": int(rng.integers(500, 2000)),
        "height": int(rng.integers(500, 2000)),
        "grey": False,
        "bits": 8,
        "scene": "",
        "shard": f"shards/train-{shard:06d}-0123456789ab.tar",
        "offset": number * 500_000,
    }


def _open_index(_: str, file: Path) -> None:
    before, started = _peak(), time.perf_counter()
    index = pq.ParquetFile(file, memory_map=True)
    numbers = [index.metadata.row_group(n).num_rows for n in range(index.metadata.num_row_groups)]
    opened, memory = time.perf_counter() - started, _peak() - before
    started = time.perf_counter()
    for group in range(0, len(numbers), 100):
        index.read_row_group(group).to_pylist()
    one = (time.perf_counter() - started) / len(range(0, len(numbers), 100))
    before = pa.total_allocated_bytes()
    table = index.read()
    whole = pa.total_allocated_bytes() - before
    print(
        f"index of {sum(numbers)} rows, {len(numbers)} shards: {file.stat().st_size / _ROWS:.1f} bytes a row "
        f"on disk, {whole / table.num_rows:.0f} in memory if all were read; opened in {opened:.2f} s with "
        f"{memory / len(numbers) * 1e6:.0f} bytes a shard; rows of one shard in {one * 1e3:.1f} ms"
    )


def _measure(what: str, sizes: Iterable[int]) -> None:
    """Read all, and print speed, processor time and memory."""
    before, started, busy = _peak(), time.perf_counter(), time.process_time()
    mega = sum(sizes) / 1e6
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    print(
        f"  {what}: {mega:.0f} MB at {mega / seconds:.0f} MB/s, {busy / mega * 1e3:.1f} s of processor "
        f"time a GB; peak memory {before:.0f} -> {_peak():.0f} MB",
        flush=True,
    )


def _peak() -> float:
    """Return this process's peak memory in MB since it was started; `getrusage` counts its parent's."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1e3


if __name__ == "__main__":
    parts = {
        "shards": _read_shards,
        "single files": _read_files,
        "index": _weigh_index,
        "open": _open_index,
    }
    if len(sys.argv) > 1:
        parts[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
    else:
        main()
