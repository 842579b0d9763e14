"""`dvc` and `git` as programs: one clear line when they fail, patience when DVC is locked."""

import json
import os
import subprocess
import sys
import time

import pytest

from components.errors import VersionError
from components.versioning.programs import run_dvc, run_git

# DVC's own lock, taken as DVC takes it.
HOLDER = """
import sys, time, zc.lockfile
lock = zc.lockfile.LockFile(sys.argv[1])
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.png").write_bytes(b"a")
    return tmp_path


@pytest.fixture
def hold_lock(root):
    holders = []

    def hold(seconds):
        command = [sys.executable, "-c", HOLDER, root / ".dvc/tmp/lock", str(seconds)]
        holders.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert holders[0].stdout.readline() == "held\n"
        return holders[0].pid

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_a_lock_that_stays_is_an_error_that_names_its_file_and_its_holder(root, hold_lock):
    pid = hold_lock(60)
    with pytest.raises(VersionError) as error:
        run_dvc(root, "add", "data", wait_seconds=0.5)
    assert str(error.value) == f"{root}/.dvc/tmp/lock: held by process {pid}; gave up after 0.5 s"


def test_a_lock_that_is_let_go_is_waited_for_longer_than_dvc_itself_would(root, hold_lock, caplog):
    started = time.monotonic()
    pid = hold_lock(4.5)  # DVC gives up after three seconds
    run_dvc(root, "add", "data", wait_seconds=60)
    assert time.monotonic() - started > 4.5
    assert (root / "data.dvc").is_file()
    assert caplog.messages == [f"{root}/.dvc/tmp/lock: held by process {pid}; waiting for it"]


def test_data_in_use_by_a_longer_dvc_command_is_an_error_that_names_it(root):
    use = {str(root / "data"): {"pid": os.getpid(), "cmd": "dvc repro"}}
    (root / ".dvc/tmp/rwlock").write_text(json.dumps({"write": use, "read": {}}))
    with pytest.raises(VersionError, match=rf"rwlock: held by process {os.getpid()} \(dvc repro\)"):
        run_dvc(root, "add", "data", wait_seconds=0)


def test_a_failure_of_dvc_is_one_line_of_its_own_words(root):
    (root / ".dvc/config").write_text("[core\n")
    with pytest.raises(VersionError) as error:
        run_dvc(root, "add", "data", wait_seconds=0)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("dvc add: configuration error")


def test_a_folder_without_dvc_is_an_error_in_dvcs_words(tmp_path):
    with pytest.raises(VersionError, match="dvc add: you are not inside of a DVC repository"):
        run_dvc(tmp_path, "add", "data", wait_seconds=0)


def test_a_python_file_called_dvc_in_the_checkout_is_not_run(root):
    (root / "dvc.py").write_text("raise SystemExit('the wrong dvc')")
    run_dvc(root, "version", wait_seconds=0)


def test_a_failure_of_git_is_one_line_of_its_own_words(root):
    with pytest.raises(VersionError, match=r"^git log: fatal: not a git repository"):
        run_git(root, "log")


def test_a_user_without_a_name_is_told_in_gits_words(root, monkeypatch):
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    run_git(root, "init")
    run_git(root, "config", "user.useConfigOnly", "true")
    with pytest.raises(VersionError, match=r"^git commit: fatal: no email was given"):
        run_git(root, "commit", "--allow-empty", "--message", "one")


def test_a_machine_without_git_is_told_so(root, monkeypatch):
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(VersionError, match=r"^git: not found on this machine$"):
        run_git(root, "log")


def test_git_started_from_a_hook_of_another_repository_stays_in_the_checkout(root, monkeypatch):
    run_git(root, "init")
    monkeypatch.setenv("GIT_DIR", str(root / "other.git"))
    assert run_git(root, "rev-parse", "--absolute-git-dir") == str(root / ".git")
