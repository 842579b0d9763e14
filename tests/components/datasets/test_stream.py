"""Reading a sharded set: every picture once an epoch, the same at any position, and never a wrong byte."""

import hashlib
import itertools
from dataclasses import replace

import pandas as pd
import pytest

from components.datasets.manifest import COLUMNS
from components.datasets.shards import SET, write
from components.datasets.stream import Reader, Stream
from components.errors import DatasetError, StoreError

pytest_plugins = ("tests.s3",)

NUM, NUM_TEST, LENGTH = 103, 7, 200
SHARD_BYTES = 8 << 10


def content(number, kind="gt"):
    return hashlib.sha256(f"{kind}{number}".encode()).digest() * (LENGTH // 32 + number % 5)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A manifest of 110 pictures, every third with a mate, and their folder."""
    folder = tmp_path_factory.mktemp("source")
    rows = []
    for number in range(NUM + NUM_TEST):
        split = "train" if number < NUM else "test"
        path, lq = f"{split}/{number}.png", f"lq/{number}.png" if number % 3 == 0 else None
        for name, kind in ((path, "gt"), (lq, "lq")):
            if name:
                (folder / "data" / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / "data" / name).write_bytes(content(number, kind))
        sha256 = hashlib.sha256(content(number)).hexdigest()
        num_bytes = len(content(number))
        rows.append(dict.fromkeys(COLUMNS) | {"path": path, "split": split, "lq": lq})
        rows[-1] |= {"sha256": sha256, "num_bytes": num_bytes, "width": 1, "height": 1}
    pd.DataFrame(rows).to_parquet(folder / "manifest.parquet")
    return folder


@pytest.fixture
def bucket(source, s3, monkeypatch):
    """The same set in shards on a real S3 server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    url = f"s3://{s3.new_bucket()}/set"
    write(source / "manifest.parquet", source / "data", url, shard_bytes=SHARD_BYTES)
    return url


@pytest.fixture
def folder(source, tmp_path):
    """The same set in shards in a folder."""
    url = f"{tmp_path}/set"
    write(source / "manifest.parquet", source / "data", url, shard_bytes=SHARD_BYTES)
    return url


@pytest.fixture
def take(tmp_path):
    """Read some samples of a set."""

    def take(url, count=None, start=0, split="train", **reader):
        stream = Stream(url, split, cache=tmp_path / "cache", reader=Reader(**reader))
        return list(itertools.islice(stream.read(start), count or stream.num_rows))

    return take


def number_of(sample):
    return int(sample.path.split("/")[1].removesuffix(".png"))


def test_an_epoch_from_s3_brings_every_picture_and_mate_once_with_its_own_bytes(bucket, take):
    samples = take(bucket, read_bytes=2000)
    assert sorted(map(number_of, samples)) == list(range(NUM))
    for sample in samples:
        number = number_of(sample)
        assert sample.gt == content(number)
        assert sample.lq == (content(number, "lq") if number % 3 == 0 else None)


def test_a_folder_gives_what_s3_gives(bucket, folder, take):
    assert take(folder) == take(bucket)


def test_a_split_is_read_alone(folder, take):
    assert sorted(map(number_of, take(folder, split="test"))) == list(range(NUM, NUM + NUM_TEST))


def test_reading_goes_on_at_any_position_as_if_it_had_never_stopped(folder, take):
    whole = take(folder, 2 * NUM + 9)
    assert [sample.position for sample in whole] == list(range(2 * NUM + 9))
    for start in (1, 50, NUM - 1, NUM, 2 * NUM + 3):
        assert take(folder, 5, start) == whole[start : start + 5]


def test_the_size_of_a_read_and_how_many_are_under_way_change_no_sample(folder, take):
    expected = take(folder)
    for read_bytes, ahead in ((1, 1), (1000, 3), (1 << 20, 8)):
        assert take(folder, read_bytes=read_bytes, ahead=ahead) == expected


@pytest.mark.parametrize("world", [2, 3, 8])
def test_ranks_share_an_epoch_in_equal_parts_without_overlap(folder, take, world):
    parts = [take(folder, rank=rank, world=world) for rank in range(world)]
    assert {len(part) for part in parts} == {NUM // world}
    seen = [number_of(sample) for part in parts for sample in part]
    assert len(set(seen)) == len(seen)


def test_each_epoch_and_each_seed_has_an_order_of_its_own(folder, take):
    first = [number_of(sample) for sample in take(folder)]
    second = [number_of(sample) for sample in take(folder, NUM, NUM)]
    other = [number_of(sample) for sample in take(folder, seed=1)]
    assert sorted(first) == sorted(second) == sorted(other)
    assert len({tuple(first), tuple(second), tuple(other)}) == 3


def test_the_index_is_fetched_once(folder, take, tmp_path):
    take(folder, 1)
    (copy,) = (tmp_path / "cache").iterdir()
    before = copy.stat()
    (tmp_path / "set" / copy.name).unlink()
    take(folder, 1)
    assert copy.stat().st_mtime_ns == before.st_mtime_ns


def test_a_damaged_picture_is_named_with_its_shard(folder, take, tmp_path):
    for shard in (tmp_path / "set/shards").glob("train-*.tar"):
        shard.write_bytes(shard.read_bytes().replace(content(5)[:16], bytes(16)))
    with pytest.raises(
        DatasetError, match=r"set/shards/train-.*\.tar: train/5\.png is damaged, its "
    ):
        take(folder)


def test_a_lost_shard_is_named(folder, take, tmp_path):
    lost = next((tmp_path / "set/shards").glob("train-*.tar"))
    lost.unlink()
    with pytest.raises(StoreError, match=f"{lost}: No such file"):
        take(folder)


def test_a_server_that_goes_down_for_a_moment_is_waited_for(s3, bucket, tmp_path, monkeypatch):
    stream = Stream(bucket, "train", cache=tmp_path, reader=Reader(read_bytes=1, ahead=1))
    samples = stream.read()
    first = next(samples)
    s3.stop()
    s3.start()
    assert next(samples) == replace(next(stream.read(1)), position=first.position + 1)


def test_a_place_without_a_set_a_damaged_record_and_too_few_pictures_are_refused(
    folder, take, tmp_path
):
    with pytest.raises(StoreError, match=r"nowhere/set\.json: No such file"):
        take(f"{tmp_path}/nowhere")
    with pytest.raises(DatasetError, match=f"set: has {NUM_TEST} pictures in test, for 8"):
        take(folder, split="test", world=8)
    with pytest.raises(DatasetError, match="set: has 0 pictures in none, for 1"):
        take(folder, split="none")
    (tmp_path / "set" / SET).write_text("{}")
    with pytest.raises(DatasetError, match=r"set\.json: is not the record of a sharded set"):
        take(folder)


def test_a_split_that_one_read_could_hold_is_read_epoch_after_epoch(folder, take):
    samples = take(folder, 2 * NUM_TEST, split="test")
    assert list(map(number_of, samples)) == 2 * list(range(NUM, NUM + NUM_TEST))
