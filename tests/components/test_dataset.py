"""Station 1: every picture decoded once, described, and in one split only."""

import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from components import dataset, parts
from components.config import DataParams
from components.datasets.manifest import COLUMNS, FILE, read_rows
from components.errors import DatasetError, PictureError
from components.store import Store, Workplace

PICTURES = {
    "train/a.png": (9, 7, "RGB"),
    "train/deep/b.png": (8, 8, "L"),
    "validation/c.png": (5, 6, "RGB"),
    "test/d.bmp": (4, 3, "RGB"),
}


def draw(file, width, height, mode="RGB", seed=None):
    """Save noise; without a seed, every name has its own."""
    if seed is None:
        seed = int(hashlib.sha256(file.name.encode()).hexdigest()[:8], 16)
    shape = (height, width, 3) if mode == "RGB" else (height, width)
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(file)


@pytest.fixture
def place(tmp_path):
    for name, facts in PICTURES.items():
        draw(tmp_path / "data" / name, *facts)
    return Workplace(Store(tmp_path / "work"), tmp_path / "data")


def prepare(place, **options):
    params = DataParams.model_validate({"source": {"name": "folder"}})
    return dataset.prepare(params, workplace=place, **options)


def table(place, outcome):
    return pd.read_parquet(place.store.path(outcome.record, FILE)).set_index("path")


def test_a_manifest_holds_a_row_a_picture(place):
    outcome = prepare(place)
    rows = table(place, outcome)
    assert (*rows.index.names, *rows.columns) == COLUMNS
    assert list(rows.index) == sorted(PICTURES)
    for name, (width, height, mode) in PICTURES.items():
        content = (place.data / name).read_bytes()
        row = rows.loc[name]
        assert (row.width, row.height, row.grey, row.bits) == (width, height, mode == "L", 8)
        assert (row.num_bytes, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert row.split == name.split("/")[0]
        assert pd.isna(row.lq)


def test_a_manifest_counts_pictures_and_bytes(place):
    record = prepare(place).record
    assert record.counts == {"train": 2, "validation": 1, "test": 1}
    assert record.num_bytes == sum((place.data / name).stat().st_size for name in PICTURES)
    assert record.data_digest.endswith(".dir")


def test_rows_are_read_back_by_split_with_their_files(place):
    record = prepare(place).record
    rows = read_rows(record, "train", place)
    assert [row.path for row in rows] == ["train/a.png", "train/deep/b.png"]
    assert all(row.file.is_file() and row.lq is None for row in rows)
    assert [(row.width, row.height) for row in rows] == [(9, 7), (8, 8)]


def test_progress_is_told_once_a_picture(place):
    told = []
    prepare(place, progress=lambda *words: told.append(words))
    assert [words[:2] for words in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[0][2] == "d.bmp"


def test_a_second_call_is_reused_and_decodes_nothing(place):
    first = prepare(place)
    told = []
    again = prepare(place, progress=lambda *words: told.append(words))
    assert (first.reused, again.reused) == (False, True)
    assert again.record == first.record
    assert not told


@pytest.mark.parametrize(
    "change",
    [
        lambda data: draw(data / "train/a.png", 9, 7, seed=1),
        lambda data: draw(data / "train/new.png", 4, 4),
        lambda data: (data / "train/a.png").unlink(),
        lambda data: (data / "train/a.png").rename(data / "train/z.png"),
        lambda data: (data / "train/a.png").rename(data / "test/a.png"),
    ],
    ids=["other bytes", "added", "removed", "renamed", "another split"],
)
def test_a_changed_file_gives_a_new_key_and_other_rows(place, change):
    before = prepare(place).record
    change(place.data)
    after = prepare(place)
    assert not after.reused
    assert after.record.key != before.key
    assert after.record.rows_digest != before.rows_digest


def test_another_share_gives_other_rows_of_the_same_pictures(place):
    for split in ("train", "validation", "test"):
        for file in (place.data / split).rglob("*.*"):
            file.rename(place.data / file.name)
        shutil.rmtree(place.data / split)
    first, second = (
        dataset.prepare(
            DataParams.model_validate({"source": {"name": "folder", "test": share}}),
            workplace=place,
        )
        for share in (0.1, 0.8)
    )
    assert list(table(place, first).index) == list(table(place, second).index)
    assert first.record.data_digest == second.record.data_digest
    assert first.record.rows_digest != second.record.rows_digest


def test_a_file_touched_without_a_change_keeps_the_key(place):
    before = prepare(place).record
    (place.data / "train/a.png").touch()
    assert prepare(place).record == before


def test_the_rows_are_the_same_wherever_the_folder_lies(place, tmp_path):
    before = prepare(place).record
    shutil.copytree(place.data, tmp_path / "elsewhere")
    after = prepare(Workplace(Store(tmp_path / "other"), tmp_path / "elsewhere")).record
    assert after == before


def test_a_corrupt_picture_is_named_and_leaves_no_record(place):
    whole = (place.data / "train/a.png").read_bytes()
    (place.data / "train/a.png").write_bytes(whole[:-40])
    with pytest.raises(PictureError, match=r"train/a\.png cannot be read as a picture"):
        prepare(place)
    assert not list(place.store.root.rglob("record.json"))
    (place.data / "train/a.png").write_bytes(whole)
    assert not prepare(place).reused


def test_an_empty_or_missing_folder_is_refused(place):
    shutil.rmtree(place.data)
    for make in (lambda: None, place.data.mkdir):
        make()
        with pytest.raises(
            DatasetError, match="data: there is no picture, and the source 'folder' cannot make any"
        ):
            prepare(place)


@pytest.mark.parametrize("split", ["train", "test"])
def test_fewer_pictures_than_splits_are_refused(place, split):
    shutil.rmtree(place.data / split)
    with pytest.raises(DatasetError, match=f"0 in {split}"):
        prepare(place)


def test_a_source_that_lacks_a_split_is_refused_with_all_counts(place):
    draw(place.data / "HR/a.png", 8, 8)
    params = DataParams.model_validate({"source": {"name": "paired_sr"}})
    with pytest.raises(DatasetError, match="0 in train, 0 in validation, 1 in test"):
        dataset.prepare(params, workplace=place)


def test_a_missing_validation_split_is_refused_with_all_counts(place):
    shutil.rmtree(place.data / "validation")
    with pytest.raises(DatasetError, match="there are 2 in train, 0 in validation, 1 in test"):
        prepare(place)


def test_the_same_picture_in_two_splits_is_refused_by_both_names(place):
    shutil.copy(place.data / "train/a.png", place.data / "test/copy.png")
    with pytest.raises(DatasetError) as caught:
        prepare(place)
    for word in ("train/a.png", "test/copy.png", "two splits"):
        assert word in str(caught.value)


def test_the_same_picture_twice_in_one_split_is_fine(place):
    shutil.copy(place.data / "train/a.png", place.data / "train/copy.png")
    assert prepare(place).record.counts["train"] == 3


PAIRED = """
from typing import Literal
from components import sources
from components.parts import PartParams
from components.sources import SPLITS, Found

class Params(PartParams):
    name: Literal["mates"] = "mates"

class Source(sources.Source):
    def __init__(self, params):
        pass

    def find(self, folder):
        return [Found(folder / f"{s}.png", s, folder / f"{s}-lq.png") for s in SPLITS]
"""


def test_a_changed_degraded_mate_changes_the_rows(tmp_path, monkeypatch):
    (tmp_path / "source_of_mates.py").write_text(PAIRED)
    about = tmp_path / "mates-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mates\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[restill.sources]\nmates = source_of_mates\n")
    monkeypatch.syspath_prepend(tmp_path)
    parts._foreign.cache_clear()
    try:
        params = DataParams.model_validate({"source": {"name": "mates"}})
        place = Workplace(Store(tmp_path / "work"), tmp_path / "data")
        for split in ("train", "validation", "test"):
            draw(place.data / f"{split}.png", 8, 8)
            draw(place.data / f"{split}-lq.png", 4, 4)
        before = dataset.prepare(params, workplace=place).record
        assert read_rows(before, "test", place)[0].lq == "test-lq.png"
        draw(place.data / "train-lq.png", 4, 4, seed=1)
        assert dataset.prepare(params, workplace=place).record.rows_digest != before.rows_digest
    finally:
        parts._foreign.cache_clear()
