"""Push and pull: what they bring, what they refuse to lose, and how they go on after a kill."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from zc.lockfile import LockFile

from components.errors import VersionError
from components.versioning import settings
from components.versioning.objects import Objects
from components.versioning.programs import run_git
from components.versioning.remotes import pull, push, set_remote
from components.versioning.settings import Remote
from components.versioning.versions import POINTER, commit, status

pytest_plugins = ("tests.s3",)

NUM_LARGE, LARGE = 40, 1 << 20


@contextmanager
def small_files_only(num_bytes):
    """Let no file grow beyond a size: a full disk that needs no disk of its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def kill_when(command, root, seen):
    """Start a push or a pull, and kill it with its DVC as soon as something is seen."""
    code = f"import sys, pathlib; from components.versioning.remotes import {command}; "
    code += f"{command}(pathlib.Path(sys.argv[1]))"
    process = subprocess.Popen([sys.executable, "-c", code, str(root)], start_new_session=True)
    while not seen():
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def large(twice, shelf):
    """A third version, whose way takes long enough to be cut short."""
    twice.fill({f"{number}.png": os.urandom(LARGE) for number in range(NUM_LARGE)})
    commit(twice.root, "Large ones")
    return twice


def test_a_clone_gets_the_pictures_that_were_pushed(twice, far):
    pushed = push(twice.root)
    assert pushed.sent == (twice.second,)
    assert pushed.remote == f"remote 'far' ({far.url})"
    clone = twice.clone()
    shutil.copyfile(twice.root / ".dvc/config.local", clone.root / ".dvc/config.local")
    pulled = pull(clone.root)
    assert (pulled.digest, pulled.changed) == (twice.second, 3)
    assert clone.contents() == twice.contents()
    assert status(clone.root).clean


def test_every_version_is_pushed_on_demand_and_those_that_are_not_here_are_said(twice, shelf):
    Objects(twice.root).path(twice.md5(b"ccc")).unlink()
    pushed = push(twice.root, every=True)
    assert (pushed.sent, pushed.skipped) == ((twice.second,), (twice.first,))
    assert shelf.file(twice.second).is_file()
    assert not shelf.file(twice.first).exists()


def test_a_push_takes_from_data_what_the_cache_lacks(twice, shelf):
    shutil.rmtree(twice.cache)
    push(twice.root)
    assert shelf.file(twice.second).is_file()


def test_a_push_of_what_nobody_has_here_is_refused(twice, shelf):
    shutil.rmtree(twice.cache)
    (twice.data / "train/a.png").unlink()
    with pytest.raises(VersionError, match=f"is not the recorded {twice.second}, and DVC's cache "):
        push(twice.root)


def test_going_back_in_git_and_pulling_goes_back_in_the_data(twice):
    run_git(twice.root, "checkout", "--quiet", "v1", "--", POINTER)
    assert pull(twice.root).changed == 3  # one other, one gone, one back
    assert twice.contents() == {"train/a.png": b"a", "train/b.png": b"bb", "test/c.png": b"ccc"}


def test_a_pull_brings_lost_pictures_back(twice):
    before = twice.contents()
    (twice.data / "train/b.png").unlink()
    assert pull(twice.root).changed == 1
    assert twice.contents() == before


def test_a_pull_of_what_is_there_changes_nothing_and_asks_nobody(twice):
    shutil.rmtree(twice.cache)
    assert pull(twice.root).changed == 0
    assert Objects(twice.root).whole(twice.second)


def test_pictures_that_no_version_holds_are_not_lost_but_named(twice):
    (twice.data / "train/a.png").write_bytes(b"retouched")
    (twice.data / "new.png").write_bytes(b"new")
    before = twice.contents()
    run_git(twice.root, "checkout", "--quiet", "v1", "--", POINTER)
    with pytest.raises(
        VersionError, match=r"data: new\.png, train/a\.png would be lost, for no ver"
    ):
        pull(twice.root)
    assert twice.contents() == before


def test_where_nothing_is_recorded_there_is_nothing_to_move(tmp_path):
    for move in (push, pull):
        with pytest.raises(VersionError, match=r"data\.dvc: missing; no version is recorded yet"):
            move(tmp_path)


def test_a_damaged_object_in_the_cache_is_named_and_data_stays(twice):
    file = Objects(twice.root).path(twice.md5(b"ccc"))
    file.chmod(0o644)
    file.write_bytes(b"xxx")
    before = twice.contents()
    run_git(twice.root, "checkout", "--quiet", "v1", "--", POINTER)
    with pytest.raises(VersionError, match=f"{file}: is damaged"):
        pull(twice.root)
    assert twice.contents() == before


def test_a_pull_waits_for_the_lock_of_dvc_and_says_who_holds_it(twice):
    run_git(twice.root, "checkout", "--quiet", "v1", "--", POINTER)
    lock = LockFile(str(twice.root / ".dvc/tmp/lock"), content_template="{pid}")
    with pytest.raises(
        VersionError, match=rf"lock: held by process {os.getpid()}; gave up after 0 s"
    ):
        pull(twice.root, wait_seconds=0)
    lock.close()


def test_a_killed_push_is_gone_on_with(large, shelf):
    kill_when("push", large.root, lambda: len(files_in(shelf.folder)) > 3)
    assert not shelf.file(status(large.root).recorded).exists()  # the listing is sent last
    push(large.root)
    assert shelf.file(status(large.root).recorded).is_file()
    assert status(large.root).clean


@pytest.mark.parametrize("stage", ["cache", "data"])
def test_a_killed_pull_is_gone_on_with(large, shelf, stage):
    before = large.contents()
    shutil.move(large.cache, shelf.folder)
    shutil.rmtree(large.data)
    place = large.root / ".dvc/cache" if stage == "cache" else large.data
    kill_when("pull", large.root, lambda: len(files_in(place)) > 3)
    arrived = {path: path.stat().st_ino for path in files_in(large.cache) if path.suffix != ".tmp"}
    pull(large.root)
    assert large.contents() == before
    assert all(path.stat().st_ino == inode for path, inode in arrived.items() if path.exists())


def test_a_full_disk_is_one_line_and_data_stays(large, shelf):
    shutil.copytree(large.cache, shelf.folder)
    run_git(large.root, "checkout", "--quiet", "v1", "--", POINTER)
    pull(large.root)
    before = large.contents()
    run_git(large.root, "checkout", "--quiet", "HEAD", "--", POINTER)
    shutil.rmtree(large.cache)
    with small_files_only(LARGE - 1), pytest.raises(VersionError) as error:
        pull(large.root)
    assert "File too large" in str(error.value)
    assert str(error.value).startswith("remote 'far'")
    assert "\n" not in str(error.value)
    assert large.contents() == before


def test_a_remote_is_named_once_and_pushed_to(twice, s3, monkeypatch):
    set_remote(twice.root, f"s3://{s3.new_bucket()}/team", endpoint=s3.endpoint)
    assert push(twice.root).remote.startswith("remote 'storage' (s3://")
    monkeypatch.chdir(twice.root.parent)
    set_remote(twice.root, "shelf")
    assert settings.read(twice.root).remote == Remote("storage", str(twice.root.parent / "shelf"))
