"""A set in shards: any tar reads them, the index says where each byte is, and nothing is sent twice."""

import hashlib
import tarfile

import pandas as pd
import pyarrow.parquet as pq
import pytest

from components.datasets.manifest import COLUMNS
from components.datasets.shards import SET, ShardedSet, write
from components.errors import DatasetError

SIZES = {"train": (900, 1100, 700, 300, 2500), "validation": (40,), "test": (10, 20)}


@pytest.fixture
def data(tmp_path):
    """Files of some hundred bytes; one has a name that plain tar has no room for."""
    folder = tmp_path / "data"
    for split, sizes in SIZES.items():
        (folder / split).mkdir(parents=True)
        for number, size in enumerate(sizes):
            name = f"ü{'x' * 120}.png" if size == 700 else f"{number}.png"
            (folder / split / name).write_bytes(bytes([number]) * size)
    return folder


def write_manifest(data, **more):
    """List the files as station 1 does; `more` maps a path to its mate."""
    rows = [
        {
            "path": file.relative_to(data).as_posix(),
            "split": file.parent.name,
            "num_bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "width": 1,
            "height": file.stat().st_size,
            "lq": more.get(file.name),
        }
        for split in SIZES
        for file in sorted((data / split).iterdir())
    ]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_parquet(data.parent / "manifest.parquet")
    return data.parent / "manifest.parquet"


@pytest.fixture
def manifest(data):
    return write_manifest(data)


def rows_of(folder):
    made = ShardedSet.model_validate_json((folder / SET).read_bytes())
    return pq.read_table(folder / made.index).to_pylist()


def test_the_index_is_the_manifest_with_the_place_of_every_byte(data, manifest, tmp_path):
    made = write(manifest, data, f"{tmp_path}/set", shard_bytes=2000)
    rows = rows_of(tmp_path / "set")
    assert [row["path"] for row in rows] == list(pd.read_parquet(manifest)["path"])
    for row in rows:
        content = (tmp_path / "set" / row["shard"]).read_bytes()
        found = content[row["offset"] : row["offset"] + row["num_bytes"]]
        assert found == (data / row["path"]).read_bytes()
    assert (made.num_rows, made.num_shards) == (8, len({row["shard"] for row in rows}))


def test_shards_are_plain_tar_files_of_one_split_each(data, manifest, tmp_path):
    write(manifest, data, f"{tmp_path}/set", shard_bytes=2000)
    unpacked = tmp_path / "unpacked"
    for shard in sorted((tmp_path / "set/shards").iterdir()):
        with tarfile.open(shard) as archive:
            assert {name.split("/")[0] for name in archive.getnames()} == {shard.name.split("-")[0]}
            archive.extractall(unpacked, filter="data")
    there = {file.relative_to(data): file.read_bytes() for file in data.rglob("*.png")}
    assert there == {f.relative_to(unpacked): f.read_bytes() for f in unpacked.rglob("*.png")}


def test_a_shard_ends_where_it_is_full(data, manifest, tmp_path):
    write(manifest, data, f"{tmp_path}/set", shard_bytes=3000)
    train = [row["shard"] for row in rows_of(tmp_path / "set") if row["split"] == "train"]
    assert [train.count(shard) for shard in dict.fromkeys(train)] == [2, 2, 1]


def test_equal_sets_give_equal_files_and_those_that_are_there_are_not_sent_again(
    data, manifest, tmp_path
):
    first = write(manifest, data, f"{tmp_path}/set", shard_bytes=2000)
    files = {file: file.stat() for file in (tmp_path / "set/shards").iterdir()}
    lost = next(iter(files))
    lost.unlink()
    assert write(manifest, data, f"{tmp_path}/set", shard_bytes=2000) == first
    assert {f for f, facts in files.items() if f.stat().st_ino != facts.st_ino} <= {lost}
    assert lost.is_file()


def test_a_mate_lies_beside_its_picture_and_one_that_rows_share_is_stored_once(data, tmp_path):
    (data / "lq").mkdir()
    (data / "lq/one.png").write_bytes(b"small")
    write(
        write_manifest(data, **{"0.png": "lq/one.png", "1.png": "lq/one.png"}),
        data,
        f"{tmp_path}/set",
    )
    first, second, third, *_ = rows_of(tmp_path / "set")
    assert (first["lq_offset"], first["lq_num_bytes"]) == (second["lq_offset"], 5)
    assert first["lq_sha256"] == hashlib.sha256(b"small").hexdigest()
    assert third["lq_offset"] is None


def test_a_picture_that_changed_since_the_manifest_is_refused_and_no_set_appears(
    data, manifest, tmp_path
):
    (data / "test/1.png").write_bytes(b"other")
    with pytest.raises(
        DatasetError, match=r"test/1\.png: is not the manifest's picture: its sha256"
    ):
        write(manifest, data, f"{tmp_path}/set")
    assert not (tmp_path / "set" / SET).exists()


def test_a_picture_that_is_gone_is_named(data, manifest, tmp_path):
    (data / "test/1.png").unlink()
    with pytest.raises(DatasetError, match=r"test/1\.png: cannot be read: No such file"):
        write(manifest, data, f"{tmp_path}/set")
