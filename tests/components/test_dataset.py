"""Station 1: every picture decoded once, described, and in one split only."""

import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from components import dataset, parts
from components.config import DataParams
from components.datasets.manifest import COLUMNS, FILE, read_rows
from components.errors import DatasetError, PictureError
from components.inspection import descriptors
from components.pictures import images
from components.pictures.images import Picture
from components.store import Store, Workplace
from tests import miniatures

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


@pytest.fixture
def hazy(tmp_path):
    """Three clear pictures, one of them under three hazes, in folders per split."""
    for split, names in {"train": "abc", "validation": "a", "test": "a"}.items():
        draw(tmp_path / "data" / split / "gt/1.png", 12, 8)
        for name in names:
            draw(tmp_path / "data" / split / f"lq/1_{name}.png", 12, 8)
    for number, file in enumerate(sorted((tmp_path / "data").rglob("gt/*.png"))):
        draw(file, 12, 8, seed=number)
    return Workplace(Store(tmp_path / "work"), tmp_path / "data")


def prepare_pairs(place, **options):
    source = {"name": "paired_folders", "lq_name": "{id}_{nth}"}
    params = DataParams.model_validate({"source": source})
    return dataset.prepare(params, workplace=place, **options)


def test_a_picture_with_many_mates_has_a_row_for_each(hazy):
    told = []
    record = prepare_pairs(hazy, progress=lambda *words: told.append(words)).record
    rows = read_rows(record, "train", hazy)
    assert [row.lq for row in rows] == [f"train/lq/1_{name}.png" for name in "abc"]
    assert {(row.path, row.scene) for row in rows} == {("train/gt/1.png", "train/gt/1")}
    assert record.counts == {"train": 3, "validation": 1, "test": 1}
    assert [words[2] for words in told[1:4]] == ["1_a.png", "1_b.png", "1_c.png"]


def test_the_bytes_of_a_shared_picture_count_once(hazy):
    record = prepare_pairs(hazy).record
    assert record.num_bytes == sum(file.stat().st_size for file in hazy.data.rglob("*.png"))


def test_a_renamed_mate_changes_the_rows(hazy):
    before = prepare_pairs(hazy).record
    (hazy.data / "train/lq/1_c.png").rename(hazy.data / "train/lq/1_d.png")
    assert prepare_pairs(hazy).record.rows_digest != before.rows_digest


def test_scores_are_in_the_rows_and_in_their_digest(tmp_path):
    place = Workplace(Store(tmp_path / "work"), tmp_path / "data")
    miniatures.kadid10k(place.data)
    source = {"name": "kadid10k", "validation": 0.3, "test": 0.3}
    params = DataParams.model_validate({"source": source})
    before = dataset.prepare(params, workplace=place).record
    rows = [row for split in before.counts for row in read_rows(before, split, place)]
    assert {round(row.score, 2) for row in rows} == {4.57, 3.57}
    assert {row.scene for row in rows} == {"I01", "I02", "I03"}
    table = place.data / "dmos.csv"
    table.write_text(table.read_text().replace("4.57", "4.58"))
    assert dataset.prepare(params, workplace=place).record.rows_digest != before.rows_digest


def test_a_scene_in_two_splits_is_refused_by_both_pictures(tmp_path):
    place = Workplace(Store(tmp_path / "work"), tmp_path / "data")
    for number, split in enumerate(("train", "validation", "test")):
        for half in ("gt", "lq"):
            draw(place.data / split / half / f"park-{number}.png", 12, 8)
    source = {"name": "paired_folders", "gt_name": "{scene}-{id}", "lq_name": "{scene}-{id}"}
    params = DataParams.model_validate({"source": source})
    with pytest.raises(DatasetError, match=r"park-0\.png and .* the same scene in two splits"):
        dataset.prepare(params, workplace=place)


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-40])


def as_cmyk(file):
    Image.open(file).convert("CMYK").save(file, "JPEG")


def as_two_frames(file):
    Image.open(file).save(file, save_all=True, append_images=[Image.new("RGB", (12, 8))])


@pytest.mark.parametrize("half", ["gt/1.png", "lq/1_b.png"])
@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (cut_short, "cannot be read as a picture: "),
        (as_cmyk, "cannot be read as a picture: its colours are CMYK"),
        (as_two_frames, "cannot be read as a picture: it holds several frames"),
    ],
)
def test_a_picture_with_a_header_but_no_use_is_named(hazy, half, spoil, rule):
    spoil(hazy.data / "train" / half)
    with pytest.raises(PictureError, match=rf"train/{half} {rule}"):
        prepare_pairs(hazy)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda file: file.write_bytes(b""), r"1_b\.png: is empty, it has no byte"),
        (lambda file: file.unlink(), r"gt/1\.png: has no degraded mate test/lq/1_\{nth\}"),
        (lambda file: draw(file, 8, 12), r"1_b\.png: is 8x12 pixels, .*gt/1\.png is 12x8: "),
        (lambda file: draw(file, 1, 1), r"1_b\.png: is 1x1 pixels, .*gt/1\.png is 12x8: "),
        (lambda file: shutil.copy(file, file.with_suffix(".bmp")), r"1_b\.png: pairs twice: "),
        (lambda file: file.rename(file.with_name("2_b.png")), r"2_b\.png: has no ground truth"),
    ],
    ids=["zero bytes", "missing", "other size", "one pixel", "twice", "another name"],
)
def test_a_pair_that_is_none_is_named(hazy, spoil, rule):
    (hazy.data / "test/lq/1_a.png").rename(hazy.data / "test/lq/1_b.png")
    spoil(hazy.data / "test/lq/1_b.png")
    with pytest.raises(DatasetError, match=rule):
        prepare_pairs(hazy)


def test_palettes_16_bits_and_names_beyond_ascii_are_taken(hazy):
    images.write(hazy.data / "train/gt/2.png", Picture(torch.rand(3, 8, 12), bits=16))
    mate = hazy.data / "train/lq/2_Zürich 東京.png"
    draw(mate, 12, 8)
    Image.open(mate).convert("P").save(mate)
    row = read_rows(prepare_pairs(hazy).record, "train", hazy)[-1]
    assert (row.path, row.lq) == ("train/gt/2.png", "train/lq/2_Zürich 東京.png")


PAIRED = """
from typing import Literal
from components import sources
from components.parts import PartParams
from components.sources import SPLITS, Found, Survey

class Params(PartParams):
    name: Literal["mates"] = "mates"

class Source(sources.Source):
    def __init__(self, params):
        pass

    def survey(self, folder):
        pairs = [Found(folder / f"{s}.png", s, folder / f"{s}-lq.png") for s in SPLITS]
        return Survey(tuple(pairs), ())
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


def test_a_manifest_says_what_each_picture_is_like(place):
    row = table(place, prepare(place)).loc["train/deep/b.png"]
    said = descriptors.describe(place.data / "train/deep/b.png")
    assert (row["mean_luma"], row["noise"]) == (said.mean_luma, said.noise)
    assert row["colourfulness"] == 0  # it is grey
    assert pd.isna(row["jpeg_quality"])
