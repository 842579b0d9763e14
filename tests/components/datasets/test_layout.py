"""Layout: what counts as a picture, what is passed over, what is refused."""

import os

import pytest

from components.datasets.layout import by_split, has_splits, pictures
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
    assert {split: [path.name for path in paths] for split, paths in groups.items()} == {
        "train": ["a.png", "b.png"],
        "validation": ["c.png"],
        "test": ["d.png"],
    }


@pytest.mark.parametrize("name", ["e.png", "val/e.png"])
def test_a_picture_outside_the_splits_is_refused(tmp_path, name):
    _put(tmp_path, "train/a.png", "test/d.png", name)
    with pytest.raises(
        DatasetError, match=f"{name}: is in no split; they are train, validation, test in "
    ):
        by_split(tmp_path, SPLITS)


def test_an_empty_split_is_refused_with_the_counts(tmp_path):
    _put(tmp_path, "train/a.png", "test/d.png")
    with pytest.raises(
        DatasetError,
        match="train, validation, test need at least one picture each, "
        "there are 1 in train, 0 in validation, 1 in test",
    ):
        by_split(tmp_path, SPLITS)
