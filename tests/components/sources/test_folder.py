"""The folder of one's own pictures: folders per split, or a draw by name."""

import hashlib

import pytest
from pydantic import ValidationError

from components import parts
from components.errors import DatasetError
from components.sources.folder import Params, Source


def _put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def _splits(folder, **shares):
    found = Source(Params(**shares)).find(folder)
    return {picture.gt.relative_to(folder).as_posix(): picture.split for picture in found}


def _number(name):
    """First 48 bits of sha256 as a fraction, written in another way than the source does."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) / 16**12


def test_the_part_is_found_by_its_name():
    params = parts.parse("sources", {"name": "folder", "test": 0.25})
    assert isinstance(parts.build("sources", params), Source)


def test_folders_per_split_decide(tmp_path):
    _put(tmp_path, "train/a.png", "validation/b.png", "test/c.png")
    assert _splits(tmp_path) == {
        "test/c.png": "test",
        "train/a.png": "train",
        "validation/b.png": "validation",
    }


@pytest.mark.parametrize("missing", ["train", "validation", "test"])
def test_every_split_is_required(tmp_path, missing):
    _put(tmp_path, "train/a.png", "test/c.png", "validation/b.png")
    next((tmp_path / missing).iterdir()).unlink()
    with pytest.raises(DatasetError, match=f"need at least one picture each, .*0 in {missing}"):
        _splits(tmp_path)


def test_an_empty_folder_per_split_is_no_reason_to_draw(tmp_path):
    _put(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "test").mkdir()
    with pytest.raises(DatasetError, match=r"a\.png: is in no split"):
        _splits(tmp_path)


def test_found_pictures_are_sorted_by_path(tmp_path):
    _put(tmp_path, "train/b.png", "train/a.png", "validation/b.png", "test/c.png")
    found = [picture.gt for picture in Source(Params()).find(tmp_path)]
    assert found == sorted(found)


def test_a_picture_is_drawn_by_the_sha256_of_its_name(tmp_path):
    names = [f"{n}/photo_{n}.jpg" for n in range(300)]
    _put(tmp_path, *names)
    assert _splits(tmp_path, validation=0.2, test=0.3) == {
        name: "test" if _number(name) < 0.3 else "validation" if _number(name) < 0.5 else "train"
        for name in names
    }


def test_one_name_is_drawn_as_computed_by_hand(tmp_path):
    """`printf 7.png | sha256sum` starts with 2f00: 12032 of 65536, or 0.1836."""
    _put(tmp_path, *[f"{n}.png" for n in range(40)])
    assert _splits(tmp_path, validation=0.1, test=0.18)["7.png"] == "validation"
    assert _splits(tmp_path, validation=0.1, test=0.19)["7.png"] == "test"


def test_adding_pictures_moves_no_other_one(tmp_path):
    _put(tmp_path, *[f"{n}.png" for n in range(50)])
    before = _splits(tmp_path)
    _put(tmp_path, *[f"new_{n}.png" for n in range(50)])
    after = _splits(tmp_path)
    assert len(after) == 100
    assert {name: after[name] for name in before} == before


def test_where_the_folder_lies_does_not_matter(tmp_path):
    names = [f"{n}.png" for n in range(30)]
    _put(tmp_path / "here", *names)
    _put(tmp_path / "there", *names)
    assert _splits(tmp_path / "here") == _splits(tmp_path / "there")


@pytest.mark.parametrize("number", range(3, 12))
@pytest.mark.parametrize("shares", [(0.01, 0.01), (0.98, 0.01), (0.01, 0.98), (0.3, 0.3)])
def test_every_split_gets_a_picture_however_few_there_are(tmp_path, number, shares):
    _put(tmp_path, *[f"{n}.png" for n in range(number)])
    splits = _splits(tmp_path, validation=shares[0], test=shares[1])
    assert len(splits) == number
    assert set(splits.values()) == {"train", "validation", "test"}


@pytest.mark.parametrize("number", [0, 2])
def test_fewer_pictures_than_splits_are_refused(tmp_path, number):
    _put(tmp_path, *[f"{n}.png" for n in range(number)])
    with pytest.raises(
        DatasetError, match=f"need at least one picture each, there are {number} in all"
    ):
        _splits(tmp_path)


@pytest.mark.parametrize("name", ["val", "Train", "TEST", "set5/train"])
def test_a_folder_that_looks_like_a_split_is_not_drawn_from(tmp_path, name):
    _put(tmp_path, "a.png", "b.png", "c.png", f"{name}/d.png")
    with pytest.raises(DatasetError, match="looks like a split, but splits are the folders train,"):
        _splits(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="nowhere: there is no such data folder"):
        _splits(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("shares", "rule"),
    [
        ({"validation": 0.5, "test": 0.5}, r"validation \+ test must stay below 1"),
        ({"test": 0.0}, "greater than 0"),
        ({"test": 1.0}, "less than 1"),
        ({"validation": 0.0}, "greater than 0"),
    ],
)
def test_impossible_shares_are_refused(shares, rule):
    with pytest.raises(ValidationError, match=rule):
        Params(**shares)


def test_the_folder_cannot_be_made_by_this_source(tmp_path):
    assert Source(Params()).materialise(tmp_path / "data") is False
    assert not (tmp_path / "data").exists()
