"""The embedded data set: the same bytes everywhere, whole or not at all."""

import hashlib
import io
import os
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from PIL import Image

from components import parts
from components.errors import DatasetError
from components.sources import embedded
from components.sources.embedded import LEAVES_SHA256, PHOTOGRAPHS, Params, Source


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The whole set, made once."""
    folder = tmp_path_factory.mktemp("checkout") / "data"
    assert Source(Params()).materialise(folder) is True
    return folder


@pytest.fixture
def without_leaves(monkeypatch):
    """The photographs alone, which take no time."""
    monkeypatch.setattr(embedded, "LEAVES", {})
    monkeypatch.setattr(embedded, "LEAVES_SHA256", hashlib.sha256(b"").hexdigest())


def test_the_part_is_found_by_its_name():
    assert isinstance(parts.build("sources", parts.parse("sources", {"name": "embedded"})), Source)


def test_every_picture_is_in_its_split(data):
    found = Source(Params()).find(data)
    leaves = [f"leaves_{number:02d}.bmp" for number in range(48)]
    assert [(picture.split, picture.gt) for picture in found] == [
        (split, data / split / name)
        for split, names in {
            "test": ["chelsea.png", "china.jpg", "grace_hopper.jpg", "rocket.jpg"],
            "train": ["astronaut.png", "coffee.png", *leaves[:40], "motorcycle_left.png"],
            "validation": ["flower.jpg", *leaves[40:]],
        }.items()
        for name in names
    ]


def test_there_is_nothing_but_the_pictures(data):
    assert sum(path.is_file() for path in data.rglob("*")) == 8 + 48
    assert [path.name for path in data.parent.iterdir()] == ["data"]


def test_the_pictures_take_12_megabytes(data):
    assert sum(path.stat().st_size for path in data.rglob("*.*")) == 12_096_721


def test_the_leaves_are_the_same_bytes_on_every_machine(data):
    files = sorted(data.rglob("leaves_*.bmp"), key=lambda path: path.name)
    content = b"".join(path.read_bytes() for path in files)
    assert hashlib.sha256(content).hexdigest() == LEAVES_SHA256


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_a_photograph_decodes_to_what_scikit_image_gives(data, name):
    with Image.open(next(data.rglob(f"{name}.*"))) as picture:
        assert np.array_equal(np.asarray(picture), getattr(skimage.data, name)())


def test_a_leaf_is_an_uncompressed_rgb_picture_of_256_pixels(data):
    file = data / "train" / "leaves_00.bmp"
    with Image.open(file) as picture:
        assert (picture.mode, picture.size) == ("RGB", (256, 256))
    assert file.stat().st_size == 54 + 256 * 256 * 3  # header and pixels


def test_a_palette_is_a_grid_of_pixels_row_by_row():
    picture = np.arange(32 * 48 * 3, dtype=np.uint16).astype(np.uint8).reshape(32, 48, 3)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    expected = [picture[y, x].tolist() for y in (8, 24) for x in (8, 24, 40)]
    assert embedded._palette(stream.getvalue()).tolist() == expected


def test_a_folder_that_holds_anything_is_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    assert Source(Params()).materialise(tmp_path) is False
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.usefixtures("without_leaves")
def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "data").mkdir()
    assert Source(Params()).materialise(tmp_path / "data") is True
    assert len(list((tmp_path / "data").rglob("*.*"))) == 8


@pytest.mark.usefixtures("without_leaves")
def test_a_link_to_an_empty_folder_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert Source(Params()).materialise(tmp_path / "data") is True
    assert (tmp_path / "data").is_symlink()
    assert (tmp_path / "disk" / "test" / "chelsea.png").is_file()


@pytest.mark.usefixtures("without_leaves")
def test_others_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o022)
    try:
        Source(Params()).materialise(tmp_path / "data")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "data").rglob("*.*")}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o755
    assert modes == {0o644}


@pytest.mark.usefixtures("without_leaves")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"sha256": "0" * 64},
            rf"rocket.jpg: .* needs sha256 0{{64}}, scikit-image [\d.]+ has {PHOTOGRAPHS[5].sha256}",
        ),
        ({"name": "eagle.png"}, r"eagle.png: .*, scikit-image [\d.]+ has no such file"),
        (
            {"package": "restill-nowhere"},
            "rocket.jpg: ships with restill-nowhere, which is not installed",
        ),
    ],
)
def test_a_photograph_that_is_not_the_expected_one_is_refused(
    tmp_path, monkeypatch, change, message
):
    changed = replace(PHOTOGRAPHS[5], **change)
    monkeypatch.setattr(embedded, "PHOTOGRAPHS", (*PHOTOGRAPHS[:5], changed))
    with pytest.raises(DatasetError, match=message):
        Source(Params()).materialise(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_leaves_that_come_out_differently_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "LEAVES", {"train": range(1)})
    message = rf"dead leaves: .* needs sha256 {LEAVES_SHA256}, numpy [\d.]+ and pillow [\d.]+ made "
    with pytest.raises(DatasetError, match=message):
        Source(Params()).materialise(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_of_writing_leaves_nothing(tmp_path):
    blocked = {"train/a.png": b"a", "train/a.png/b.png": b"b"}  # a file cannot be a folder too
    with pytest.raises(OSError, match=r"a\.png"):
        embedded._write(tmp_path / "data", blocked)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("without_leaves")
def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="file/data: the data set cannot be made: "):
        Source(Params()).materialise(tmp_path / "file" / "data")


def test_every_picture_has_a_credit():
    rows = embedded.Source(embedded.Params()).credits()
    assert [row.name for row in rows] == [
        *(photograph.name for photograph in PHOTOGRAPHS),
        "leaves_00.bmp to leaves_47.bmp",
    ]
    assert all(row.author and row.licence for row in rows)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_attribution_licences_name_author_source_and_licence(name):
    row = next(row for row in embedded.Source(embedded.Params()).credits() if row.name == name)
    assert "some rights reserved, https://www.flickr.com/photos/" in row.author
    assert row.licence == "CC BY 2.0, https://creativecommons.org/licenses/by/2.0/"
