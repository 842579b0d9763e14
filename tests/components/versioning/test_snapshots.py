"""Any version in a folder of its own: exact, read-only, made once, by any number of processes."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from zc.lockfile import LockFile

from components.errors import VersionError
from components.versioning.snapshots import take
from components.versioning.tree import tree_digest

pytest_plugins = ("tests.s3",)

FIRST = {"train/a.png": b"a", "train/b.png": b"bb", "test/c.png": b"ccc"}


def put(folder: Path, content: bytes, ending: str = "") -> str:
    """Put an object where DVC would, in a cache or a remote."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + ending
    file = folder / "files/md5" / md5[:2] / md5[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return md5


def put_version(folder: Path, number: int) -> str:
    """Put a version of three files, two of which all versions share."""
    pictures = {"a.png": b"shared", "b.png": b"shared too", "c.png": b"%d" % number}
    rows = [{"md5": put(folder, content), "relpath": name} for name, content in pictures.items()]
    return put(folder, json.dumps(rows).encode(), ".dir")


def test_a_past_version_is_laid_out_while_data_and_the_lock_of_dvc_are_left_alone(twice, tmp_path):
    now = twice.contents()
    lock = LockFile(str(twice.root / ".dvc/tmp/lock"))
    data = take(twice.root, "v1", tmp_path / "versions")
    lock.close()
    assert data == tmp_path / "versions" / twice.first / "data"
    assert twice.contents(data) == FIRST
    assert tree_digest(data) == twice.first
    assert twice.contents() == now


def test_a_version_is_laid_out_once(twice, tmp_path):
    data = take(twice.root, "v1", tmp_path)
    made = data.stat()
    shutil.rmtree(twice.cache)
    assert take(twice.root, twice.first[:8], tmp_path) == data
    assert data.stat() == made


def test_a_version_is_read_only_and_takes_no_room_beside_the_cache(twice, tmp_path):
    data = take(twice.root, "v1", tmp_path / "versions")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [data, *data.rglob("*")]}
    assert modes == {0o555, 0o444}
    assert (data / "train/b.png").stat().st_nlink == 2


def test_another_file_system_gets_copies(twice, tmp_path):
    elsewhere = Path("/dev/shm")  # noqa: S108 - a file system of its own
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to write to")
    with tempfile.TemporaryDirectory(dir=elsewhere) as folder:
        data = take(twice.root, "v1", Path(folder))
        assert twice.contents(data) == FIRST
        assert (data / "train/b.png").stat().st_nlink == 1


def test_what_the_cache_lacks_comes_from_the_remote(twice, bucket, tmp_path):
    shutil.copytree(twice.cache / "files", bucket.folder / "files")
    shutil.rmtree(twice.cache)
    assert twice.contents(take(twice.root, "v1", tmp_path / "versions")) == FIRST


@pytest.mark.parametrize("cold", [0, 4])
def test_sixteen_readers_at_as_many_versions_do_not_disturb_one_another(
    twice, shelf, tmp_path, cold
):
    shelf.folder.mkdir()
    digests = [
        put_version(shelf.folder if number < cold else twice.cache, number) for number in range(16)
    ]
    before = twice.contents()
    wanted = partial(take, twice.root, cache=tmp_path / "versions")
    with ProcessPoolExecutor(16, mp_context=multiprocessing.get_context("fork")) as pool:
        folders = list(pool.map(wanted, digests))
    assert [tree_digest(folder) for folder in folders] == digests
    assert twice.contents() == before
    left = {path.name for path in (tmp_path / "versions").iterdir()} - {".locks"}
    assert left == set(digests)
    assert not list((twice.root / ".dvc/tmp").glob("beside-*"))
    LockFile(str(twice.root / ".dvc/tmp/lock")).close()  # nobody holds it


def test_sixteen_readers_of_one_version_get_the_same_folder(twice, tmp_path):
    wanted = partial(take, twice.root, cache=tmp_path / "versions")
    with ProcessPoolExecutor(16, mp_context=multiprocessing.get_context("fork")) as pool:
        folders = set(pool.map(wanted, ["v1"] * 16))
    assert folders == {tmp_path / "versions" / twice.first / "data"}
    assert twice.contents(folders.pop()) == FIRST


def test_a_reader_that_was_killed_leaves_nothing_in_the_way(twice, tmp_path):
    begun = tmp_path / f".{twice.first}.begun/data"
    begun.mkdir(parents=True)
    (begun / "half.png").write_bytes(b"h")
    begun.chmod(0o555)
    code = (
        "import sys, time; from pathlib import Path; from components.versioning import snapshots\n"
        "def stop(*_): print('holds', flush=True); time.sleep(60)\n"
        "snapshots._make = stop; snapshots.take(Path(sys.argv[1]), 'v1', Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(twice.root), str(tmp_path)]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert killed.stdout.readline() == "holds\n"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert twice.contents(take(twice.root, "v1", tmp_path)) == FIRST
    assert not begun.exists()


def test_a_damaged_object_is_named_and_no_folder_appears(twice, tmp_path):
    stored = twice.cache / "files/md5" / twice.md5(b"ccc")[:2] / twice.md5(b"ccc")[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"xxx")
    with pytest.raises(VersionError, match=f"{stored}: is damaged"):
        take(twice.root, "v1", tmp_path / "versions")
    assert {path.name for path in (tmp_path / "versions").iterdir()} == {".locks"}


def test_a_version_that_is_nowhere_is_one_line(twice, tmp_path):
    with pytest.raises(
        VersionError, match=f"version {'0' * 32}.dir is not whole in .* `restill da"
    ):
        take(twice.root, "0" * 32, tmp_path / "versions")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_place_that_cannot_be_written_is_named(twice, tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(VersionError, match=f"{tmp_path}/versions.*: Permission denied"):
        take(twice.root, "v1", tmp_path / "versions")


def test_a_place_that_is_a_file_is_named(twice, tmp_path):
    (tmp_path / "versions").write_text("")
    with pytest.raises(VersionError, match=f"{tmp_path}/versions.*: Not a directory"):
        take(twice.root, "v1", tmp_path / "versions")
