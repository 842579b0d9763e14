"""The store: made once, checked before it is reused, safe when a process is killed at any point."""

import errno
import json
import math
import os
import re
import signal
import subprocess
import sys

import pytest

from components.artifacts import BenchmarkReport, Cost, Manifest, name_of
from components.errors import DatasetError, StoreError
from components.keys import Key
from components.store import Store, sha256_of, write_atomically

FILES = {"rows.txt": b"1 2 3\n", "deep/er/weights.bin": bytes(range(256))}

# What a process of its own needs to use the store; `make` waits for a file `go`.
SETUP = """
import logging, os, pathlib, sys, time
from components.artifacts import Manifest, name_of
from components.errors import StoreError
from components.keys import Key
from components.store import Store

logging.basicConfig(level=logging.INFO, format="%(message)s")
root = pathlib.Path(sys.argv[1])
key = Key(station="dataset", digest="0" * 32, parameters={}, inputs={}, modules={}, versions={})

def make(folder):
    (folder / "rows.txt").write_text("half")
    (root / "started").touch()
    while not (root / "go").exists():
        time.sleep(0.01)
    (folder / "rows.txt").write_text("whole")
    return Manifest(
        folder=name_of(folder), data_digest="d", rows_digest="r", counts={}, num_bytes=0
    )
"""

WORK = """
print("reused" if Store(root).once(key, Manifest, make).reused else "made")
"""

WORK_WITHOUT_PERMISSION = """
os.chdir(root)
if os.geteuid() == 0:
    os.setuid(65534)  # root may write anywhere
try:
    Store(pathlib.Path("work")).once(key, Manifest, make)
except StoreError as error:
    print(error)
"""


def key_of(digest="0" * 32):
    return Key(station="dataset", digest=digest, parameters={}, inputs={}, modules={}, versions={})


KEY = key_of()


def manifest_in(folder):
    return Manifest(
        folder=name_of(folder), data_digest="d", rows_digest="r", counts={"test": 1}, num_bytes=3
    )


def make(folder):
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return manifest_in(folder)


def never(folder):
    raise AssertionError(f"{folder} is made again")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "work")


@pytest.fixture
def folder(store):
    """A step that is done."""
    store.once(KEY, Manifest, make)
    return store.root / "dataset" / KEY.digest


def test_a_step_is_made_once_and_then_reused(store):
    first = store.once(KEY, Manifest, make)
    again = store.once(KEY, Manifest, never)
    assert (first.reused, again.reused) == (False, True)
    assert first.record == again.record
    assert store.path(again.record, "rows.txt").read_bytes() == FILES["rows.txt"]


def test_another_key_is_another_step(store):
    store.once(KEY, Manifest, make)
    assert not store.once(key_of("1" * 32), Manifest, make).reused


def test_a_record_tells_the_key_and_every_file(folder):
    written = json.loads((folder / "record.json").read_text())
    assert written["key"] == KEY.model_dump()
    assert {file["name"]: file["num_bytes"] for file in written["files"]} == {
        name: len(content) for name, content in FILES.items()
    }


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), r"has \d+ bytes instead of \d+"),
        (lambda file: file.write_bytes(b"x" + file.read_bytes()[1:]), r"has changed \(sha256\)"),
        (lambda file: (file.unlink(), file.mkdir()), "is missing"),
    ],
    ids=["missing", "cut short", "altered", "a folder in its place"],
)
def test_a_damaged_output_is_named_and_made_again(store, folder, caplog, name, damage, reason):
    damage(folder / name)
    outcome = store.once(KEY, Manifest, make)
    assert not outcome.reused
    assert re.search(f"{re.escape(str(folder / name))}: {reason}", caplog.text)
    assert (folder / name).read_bytes() == FILES[name]
    assert store.once(KEY, Manifest, never).reused


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"record": {}}',
        b'{"key": {}, "record": {}, "files": []}',
        b'{"key": 3, "record": 3, "files": 3}',
    ],
)
def test_a_garbled_record_is_named_and_the_step_made_again(store, folder, caplog, content):
    (folder / "record.json").write_bytes(content)
    assert not store.once(KEY, Manifest, make).reused
    assert f"{folder / 'record.json'}: is not a record of this version" in caplog.text
    assert store.once(KEY, Manifest, never).reused


def test_the_record_of_another_step_is_not_taken(store, folder, caplog):
    other = folder.with_name("1" * 32)
    folder.rename(other)
    assert not store.once(key_of("1" * 32), Manifest, make).reused
    assert f"{other / 'record.json'}: is the record of another step" in caplog.text


def test_a_record_of_another_kind_is_not_taken(store, folder, caplog):
    def make_report(folder):
        return report_in(folder, psnr_db=30.0)

    assert not store.once(KEY, BenchmarkReport, make_report).reused
    assert "is not a record of this version" in caplog.text


def report_in(folder, psnr_db):
    cost = Cost(num_parameters=0, giga_macs=0.0, latency_ms=1.0, device="cpu")
    return BenchmarkReport(
        folder=name_of(folder),
        label="perfect",
        protocol="p",
        benchmark_digest="b",
        num_images=1,
        mean={"psnr_db": psnr_db},
        slices={},
        cost=cost,
        weights_sha256="",
    )


def test_an_infinite_psnr_is_kept(store):
    store.once(KEY, BenchmarkReport, lambda folder: report_in(folder, math.inf))
    assert store.once(KEY, BenchmarkReport, never).record.mean == {"psnr_db": math.inf}


def test_what_lay_in_the_folder_is_gone_when_a_step_is_made_again(store, folder):
    (folder / "record.json").unlink()
    (folder / "left over").write_text("of a run that was killed")
    store.once(KEY, Manifest, make)
    assert {path.name for path in folder.iterdir()} == {
        "rows.txt",
        "deep",
        "record.json",
        ".marks.json",
    }


def test_an_error_inside_the_step_passes_and_leaves_no_record(store):
    def fail(folder):
        (folder / "rows.txt").write_text("half")
        raise DatasetError("x.png is damaged")

    with pytest.raises(DatasetError, match=r"x\.png is damaged"):
        store.once(KEY, Manifest, fail)
    assert not list(store.root.rglob("record.json"))
    assert not store.once(KEY, Manifest, make).reused


def test_an_error_of_the_disk_names_the_file(store):
    def fail(folder):
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "rows.txt"))

    with pytest.raises(StoreError, match=r"rows\.txt: No space left on device"):
        store.once(KEY, Manifest, fail)


def test_a_store_below_a_file_is_refused(tmp_path):
    (tmp_path / "work").write_text("not a folder")
    with pytest.raises(StoreError, match=r"work.*: (Not a directory|File exists)"):
        Store(tmp_path / "work").once(KEY, Manifest, make)


def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    shelf.chmod(0o555)
    done = run(WORK_WITHOUT_PERMISSION, shelf)
    assert done.communicate(timeout=60)[0] == "work: Permission denied\n"


def test_a_record_is_written_after_its_files_are_on_the_disk(store, monkeypatch):
    order = []
    fsync = os.fsync

    def watched(descriptor):
        order.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    folder = store.root / store.once(KEY, Manifest, make).record.folder
    record = order.index((folder / "record.json").stat().st_ino)
    for path in (*FILES, "deep", "deep/er"):
        assert order.index((folder / path).stat().st_ino) < record
    assert order[-1] == folder.stat().st_ino  # the rename, too


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "page.html"
    write_atomically(file, b"first")
    write_atomically(file, b"second")
    assert file.read_bytes() == b"second"
    (tmp_path / "folder" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "folder", b"third")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "page.html"]


def test_a_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")


def run(code, root):
    command = [sys.executable, "-c", SETUP + code, str(root)]
    return subprocess.Popen(command, stdout=-1, stderr=-1, text=True)


def wait_for(file, process):
    while not file.exists():
        assert process.poll() is None, process.communicate()
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue


def says_that_it_waits(process):
    return "another run is working on dataset-000" in process.stderr.readline()


def test_a_second_process_waits_and_reuses(tmp_path):
    first = run(WORK, tmp_path)
    wait_for(tmp_path / "started", first)
    second = run(WORK, tmp_path)
    assert says_that_it_waits(second)
    (tmp_path / "go").touch()
    assert first.communicate(timeout=60)[0] == "made\n"
    assert second.communicate(timeout=60)[0] == "reused\n"


def test_a_process_that_is_killed_leaves_no_record_and_no_lock(tmp_path):
    first = run(WORK, tmp_path)
    wait_for(tmp_path / "started", first)
    second = run(WORK, tmp_path)
    assert says_that_it_waits(second)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    assert not list(tmp_path.rglob("record.json"))
    (tmp_path / "go").touch()
    assert second.communicate(timeout=60)[0] == "made\n"
    assert (tmp_path / "dataset" / ("0" * 32) / "rows.txt").read_text() == "whole"


def test_a_whole_file_is_digested_once_until_it_changes(store, folder, monkeypatch):
    digested = []

    def counted(file):
        digested.append(file.name)
        return sha256_of(file)

    monkeypatch.setattr("components.store.sha256_of", counted)
    store.once(KEY, Manifest, never)
    assert digested == []
    os.utime(folder / "rows.txt")
    store.once(KEY, Manifest, never)
    store.once(KEY, Manifest, never)
    assert digested == ["rows.txt"]


def test_marks_that_are_gone_or_garbled_cost_a_digest_and_nothing_else(store, folder):
    marks = folder / ".marks.json"
    before = marks.read_text()
    for content in (None, "{", '{"rows.txt": "no"}'):
        marks.unlink() if content is None else marks.write_text(content)
        assert store.once(KEY, Manifest, never).reused
        assert marks.read_text() == before


def test_the_state_of_a_step_that_was_cut_short_is_kept_until_it_is_done(store):
    def cut(folder):
        (folder / "state").mkdir()
        (folder / "state" / "step-5").write_text("here")
        (folder / "half").write_text("written")
        raise DatasetError("cut")

    def go_on(folder):
        assert (folder / "state" / "step-5").read_text() == "here"
        assert not (folder / "half").exists()
        return make(folder)

    with pytest.raises(DatasetError):
        store.once(KEY, Manifest, cut)
    store.once(KEY, Manifest, go_on)
    assert not (store.root / "dataset" / KEY.digest / "state").exists()


def test_looking_finds_what_was_made_and_writes_nothing(store, folder):
    (folder / ".marks.json").unlink()
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}
    sight = store.peek(KEY, Manifest)
    assert (sight.record, sight.fault) == (manifest_in(folder), "")
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*")} == before


def test_looking_for_what_was_never_made_finds_nothing_and_no_fault(store):
    sight = store.peek(KEY, Manifest)
    assert (sight.record, sight.fault) == (None, "")
    assert not store.root.exists()


def test_looking_names_a_damaged_file(store, folder):
    (folder / "rows.txt").unlink()
    sight = store.peek(KEY, Manifest)
    assert (sight.record, sight.fault) == (None, f"{folder / 'rows.txt'}: is missing")
