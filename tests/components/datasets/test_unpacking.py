"""A folder that is written whole or not at all."""

import pytest

from components.datasets.unpacking import keep, new_folder
from components.errors import DatasetError


def test_the_folder_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "deep" / "set"
    with new_folder(target) as built:
        (built / "a.txt").write_text("a")
        assert not target.exists()
    assert (target / "a.txt").read_text() == "a"
    assert [path.name for path in target.parent.iterdir()] == ["set"]


def test_a_failure_leaves_nothing(tmp_path):
    def fail(target):
        with new_folder(target) as built:
            (built / "a.txt").write_text("a")
            raise DatasetError("no")

    with pytest.raises(DatasetError, match="no"):
        fail(tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_refused(tmp_path):
    with (
        pytest.raises(DatasetError, match="exists already; the set is written into a new folder"),
        new_folder(tmp_path),
    ):
        pass


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DatasetError, match="file/set: the set cannot be written: "),
        new_folder(tmp_path / "file" / "set"),
    ):
        pass


def test_a_kept_file_takes_no_room_of_its_own(tmp_path):
    (tmp_path / "a").write_text("a")
    keep(tmp_path / "a", tmp_path / "deep" / "b")
    assert (tmp_path / "deep" / "b").samefile(tmp_path / "a")
