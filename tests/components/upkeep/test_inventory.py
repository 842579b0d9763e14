"""The inventory: what lies in a store, when it was used, and that nothing in use is removed."""

import os
import subprocess
import sys
import time

import pytest

from components.artifacts import Manifest, name_of
from components.errors import StoreError
from components.keys import Key
from components.store import Store
from components.upkeep import inventory

HOLD = """
import pathlib, sys, time
from components.upkeep import inventory
from components.store import Store

store = Store(pathlib.Path(sys.argv[1]))
with inventory.at_work(store, reports_to="here"):
    print("at work", flush=True)
    time.sleep(60)
"""

DIGEST = "0" * 32


def key_of(digest=DIGEST, station="dataset"):
    return Key(station=station, digest=digest, parameters={}, inputs={}, modules={}, versions={})


def make(folder):
    (folder / "rows.txt").write_text("1 2 3\n")
    return Manifest(
        folder=name_of(folder), data_digest="d", rows_digest="r", counts={}, num_bytes=0
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "work")


@pytest.fixture
def step(store):
    """A step that is done, and where it lies."""
    store.once(key_of(), Manifest, make)
    return store.root / "dataset" / DIGEST


def only(store):
    (folder,) = inventory.folders(store)
    return folder


def test_an_empty_store_holds_nothing(store):
    assert inventory.folders(store) == []
    assert inventory.runs(store) == []


def test_a_work_folder_is_listed_with_key_record_and_size(store, step):
    found = only(store)
    assert str(found.name) == f"dataset/{DIGEST}"
    assert found.key == key_of()
    assert found.record["rows_digest"] == "r"
    assert found.num_bytes == sum(f.stat().st_size for f in step.rglob("*") if f.is_file())


def test_a_folder_without_a_record_is_listed_without_key(store, step):
    (step / "record.json").unlink()
    found = only(store)
    assert found.key is None
    assert found.record == {}
    assert found.last_used >= (step / "rows.txt").stat().st_mtime_ns


@pytest.mark.parametrize("content", ["", "{}", '{"key": 3}'])
def test_a_folder_with_a_garbled_record_is_listed_without_key(store, step, content):
    (step / "record.json").write_text(content)
    assert only(store).key is None


def test_a_folder_under_another_name_is_listed_without_key(store, step):
    step.rename(step.with_name("1" * 32))
    assert only(store).key is None


def test_the_last_used_comes_first(store):
    for digest in ("1" * 32, "2" * 32, "3" * 32):
        store.once(key_of(digest), Manifest, make)
    store.once(key_of("2" * 32), Manifest, make)
    assert [folder.name.name[0] for folder in inventory.folders(store)] == ["2", "3", "1"]


def test_the_folders_of_one_station_are_listed_alone(store, step):
    store.once(key_of(station="teacher"), Manifest, make)
    assert [str(f.name.parent) for f in inventory.folders(store, "teacher")] == ["teacher"]


def test_reuse_is_use_and_looking_is_not(store, step):
    before = only(store).last_used
    assert store.peek(key_of(), Manifest).record is not None
    assert only(store).last_used == before
    assert store.once(key_of(), Manifest, make).reused
    assert only(store).last_used > before


def test_a_removed_folder_is_gone_and_can_be_made_again(store, step):
    assert inventory.remove(store, only(store))
    assert not step.exists()
    assert not store.once(key_of(), Manifest, make).reused


def test_a_folder_that_was_used_since_stays(store, step):
    listed = only(store)
    store.once(key_of(), Manifest, make)
    assert not inventory.remove(store, listed)
    assert (step / "rows.txt").is_file()


def test_a_folder_that_somebody_works_in_stays(store, step):
    listed = only(store)
    assert not inventory.is_busy(store, listed)
    seen = []

    def slow(folder):
        seen.append((inventory.is_busy(store, listed), inventory.remove(store, listed)))
        return make(folder)

    (step / "record.json").unlink()
    store.once(key_of(), Manifest, slow)
    assert seen == [(True, False)]


def test_what_has_gone_already_is_not_removed(store, step):
    listed = only(store)
    assert inventory.remove(store, listed)
    assert not inventory.remove(store, listed)


def test_a_run_is_at_work_until_it_ends(store):
    before = time.time_ns()
    with inventory.at_work(store, reports_to="here"):
        (run,) = inventory.runs(store)
        assert (run.at_work, run.reports_to) == (True, "here")
        assert before <= run.started <= time.time_ns()
    (run,) = inventory.runs(store)
    assert not run.at_work


def test_a_run_whose_process_was_killed_is_not_at_work(store):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "at work\n"
    assert [run.at_work for run in inventory.runs(store)] == [True]
    process.kill()
    process.communicate(timeout=60)
    assert [run.at_work for run in inventory.runs(store)] == [False]


def test_a_new_run_drops_the_notes_of_those_that_have_ended(store):
    with inventory.at_work(store, reports_to="first"):
        pass
    with inventory.at_work(store, reports_to="second"):  # noqa: SIM117 - in order
        with inventory.at_work(store, reports_to="third"):
            assert [run.reports_to for run in inventory.runs(store)] == ["second", "third"]


def test_a_store_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "work").write_text("not a folder")
    with (
        pytest.raises(StoreError, match=r"work.*: (Not a directory|File exists)"),
        inventory.at_work(Store(tmp_path / "work"), reports_to="here"),
    ):
        pass


def test_hidden_folders_of_the_store_are_no_work(store, step):
    with inventory.at_work(store, reports_to="here"):
        os.utime(store.root / ".locks")
    assert [str(folder.name.parent) for folder in inventory.folders(store)] == ["dataset"]
