"""Layout: what counts as a picture, what is passed over, what is refused."""

import os

import pytest

from components.datasets.layout import by_split, draw, has_splits, pictures, sweep
from components.errors import DatasetError

SPLITS = ("train", "validation", "test")


def _put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def _names(folder):
    return [path.relative_to(folder).as_posix() for path in pictures(folder)]


def test_pictures_are_found_at_any_depth_and_sorted(tmp_path):
    _put(tmp_path, "b.png", "a/deep/er/c.jpg", "a/b.webp")
    assert _names(tmp_path) == ["a/b.webp", "a/deep/er/c.jpg", "b.png"]


@pytest.mark.parametrize("suffix", ["png", "JPG", "jpeg", "BMP", "tif", "Tiff", "webp"])
def test_a_picture_is_known_by_its_suffix_in_any_case(tmp_path, suffix):
    _put(tmp_path, f"a.{suffix}")
    assert _names(tmp_path) == [f"a.{suffix}"]


@pytest.mark.parametrize("name", [".hidden.png", ".cache/a.png", ".DS_Store", "__MACOSX/._a.png"])
def test_hidden_files_are_passed_over(tmp_path, name):
    _put(tmp_path, "a.png", name)
    assert _names(tmp_path) == ["a.png"]


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "desktop.ini", "README", "readme.txt", "a/LICENCE.md", "LICENSE-CC0.rst"]
)
def test_texts_and_leftovers_of_file_browsers_are_passed_over(tmp_path, name):
    _put(tmp_path, "a.png", name)
    assert _names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["a.gif", "sub/labels.csv", "notes.md", "README.zip", "picture"])
def test_any_other_file_is_refused_by_name(tmp_path, name):
    _put(tmp_path, "a.png", name)
    with pytest.raises(DatasetError, match=f"{name}: is not a picture; pictures end in .png, .jpg"):
        pictures(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="nowhere: there is no such data folder"):
        pictures(tmp_path / "nowhere")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    _put(tmp_path, "outside.png", "data/a.png")
    (tmp_path / "data/b.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(DatasetError, match=r"b\.png: a link must lead to a file inside .*data"):
        pictures(tmp_path / "data")


def test_a_link_to_a_folder_is_refused(tmp_path):
    _put(tmp_path, "a/a.png")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(DatasetError, match="b: a link must lead to a file"):
        pictures(tmp_path)


def test_a_link_to_nothing_is_refused(tmp_path):
    _put(tmp_path, "a.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(DatasetError, match=r"b\.png: a link must lead to a file"):
        pictures(tmp_path)


def test_a_link_to_a_file_inside_is_a_picture(tmp_path):
    _put(tmp_path, "a.png")
    (tmp_path / "b.png").symlink_to("a.png")
    assert _names(tmp_path) == ["a.png", "b.png"]


def test_the_data_folder_itself_may_be_a_link(tmp_path):
    _put(tmp_path, "disk/a.png")
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert _names(tmp_path / "data") == ["a.png"]


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DatasetError, match=r"a\.png: is not a picture"):
        pictures(tmp_path)


def test_a_folder_has_splits_when_one_of_their_folders_is_there(tmp_path):
    _put(tmp_path, "a.png", "test.png")
    assert not has_splits(tmp_path, SPLITS)
    (tmp_path / "test").mkdir()
    assert has_splits(tmp_path, SPLITS)


def test_pictures_go_to_the_split_whose_folder_they_are_in(tmp_path):
    _put(tmp_path, "train/a.png", "train/sub/test/b.png", "validation/c.png", "test/d.png")
    groups = by_split(tmp_path, SPLITS)
    assert not groups.faults
    assert {split: [path.name for path in paths] for split, paths in groups.pictures.items()} == {
        "train": ["a.png", "b.png"],
        "validation": ["c.png"],
        "test": ["d.png"],
    }


@pytest.mark.parametrize("name", ["e.png", "val/e.png"])
def test_a_picture_outside_the_splits_is_a_fault(tmp_path, name):
    _put(tmp_path, "train/a.png", "validation/c.png", "test/d.png", name)
    (fault,) = by_split(tmp_path, SPLITS).faults
    assert fault.path == tmp_path / name
    assert fault.rule == f"is in no split; they are train, validation, test in {tmp_path}"


def test_an_empty_split_is_a_fault_with_the_counts(tmp_path):
    _put(tmp_path, "train/a.png", "test/d.png")
    (fault,) = by_split(tmp_path, SPLITS).faults
    assert fault.path == tmp_path
    assert fault.rule == (
        "train, validation, test need at least one picture each, "
        "there are 1 in train, 0 in validation, 1 in test"
    )


def test_a_sweep_lists_the_pictures_and_every_fault(tmp_path):
    _put(tmp_path, "a.png", "b.gif", "c.txt", "Thumbs.db")
    (tmp_path / "d.png").symlink_to(tmp_path.parent)
    swept = sweep(tmp_path)
    assert swept.pictures == (tmp_path / "a.png",)
    assert [fault.path.name for fault in swept.faults] == ["b.gif", "c.txt", "d.png"]


def test_a_missing_folder_is_one_fault(tmp_path):
    (fault,) = sweep(tmp_path / "nowhere").faults
    assert fault.rule == "there is no such data folder"


NAMES = [f"{number}.png" for number in range(40)]


def test_names_are_drawn_by_their_number():
    """`printf 7.png | sha256sum` starts with 2f00: 12032 of 65536, or 0.1836."""
    assert draw(NAMES, {"test": 0.18, "validation": 0.1}, rest="train")["7.png"] == "validation"
    assert draw(NAMES, {"test": 0.19, "validation": 0.1}, rest="train")["7.png"] == "test"


def test_more_names_move_no_other_one():
    shares = {"test": 0.2, "validation": 0.2}
    before = draw(NAMES, shares, rest="train")
    after = draw([*NAMES, *(f"new {name}" for name in NAMES)], shares, rest="train")
    assert {name: after[name] for name in NAMES} == before


@pytest.mark.parametrize("number", range(3, 9))
@pytest.mark.parametrize("shares", [(0.01, 0.01), (0.98, 0.01), (0.01, 0.98)])
def test_no_split_is_empty_however_few_names_there_are(number, shares):
    wanted = dict(zip(("test", "validation"), shares, strict=True))
    assert set(draw(NAMES[:number], wanted, rest="train").values()) == set(SPLITS)


def test_fewer_names_than_splits_stay_together():
    drawn = draw(NAMES[:2], {"test": 0.5, "validation": 0.4}, rest="train")
    assert set(drawn.values()) == {"train"}


def test_a_name_that_comes_often_is_drawn_once():
    assert draw(["a", "b", "a", "a"], {"test": 0.5}, rest="train").keys() == {"a", "b"}


@pytest.mark.parametrize("name", [b"\xff.png", b"\xff/a.png"])
def test_a_name_that_is_not_utf8_is_a_fault(tmp_path, name):
    _put(tmp_path, "a.png", os.fsdecode(name))
    (fault,) = {fault.rule for fault in sweep(tmp_path).faults}
    assert fault.startswith("the name is not UTF-8")
