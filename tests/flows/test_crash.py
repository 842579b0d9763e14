"""A run that is killed at any named point loses nothing: the next one goes on, to the same weights."""

import json
import re
import signal
import subprocess
import sys

import pytest

POINTS = (
    "dataset.started",
    "dataset.made",
    "dataset.recorded",
    "state:2",
    "step:3",
    "teacher.made",
    "teacher.recorded",
    "student.started",
    "student.recorded",
    "benchmark.made",
    "benchmark.recorded",
    "run.opened",
    "release.registered",
    "release.done",
    "run.promoted",
)


def run(shell, trial, kill_at=""):
    environment = shell.environment | {"RESTILL_KILL_AT": kill_at}
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", "run"],
        cwd=trial.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def records(trial):
    """Every finished step: its folder -> time and inode of each of its files."""
    work = trial.mlruns / "work"
    return {
        file.parent.relative_to(work).as_posix(): (file.parent / ".marks.json").read_text()
        for file in work.glob("*/*/record.json")
    }


def weights(trial):
    """The digest of each trained network, by label."""
    files = (trial.mlruns / "work").glob("[ts]*/*/record.json")
    found = [json.loads(file.read_text())["record"] for file in files]
    return {record["label"]: record["sha256"] for record in found}


@pytest.fixture(scope="module")
def whole(new_trial, shell):
    """A checkout whose run nobody disturbed."""
    trial = new_trial()
    done = run(shell, trial)
    assert done.returncode == 0, done.stderr
    return trial


@pytest.fixture(scope="module")
def killed(new_trial, shell):
    """A checkout in which run after run was killed, each at the next point; what was done each time."""
    trial = new_trial()
    trial.change("recipes.kdsr.teacher", save_every=2)
    before = {}
    for point in POINTS:
        done = run(shell, trial, point)
        assert done.returncode == -signal.SIGKILL, (point, done.stdout, done.stderr)
        after = records(trial)
        assert {name: after.get(name) for name in before} == before, point  # none was made twice
        before = after
    return trial


@pytest.fixture(scope="module")
def survived(killed, shell):
    done = run(shell, killed)
    assert done.returncode == 0, done.stderr
    return killed, done


def test_the_run_after_the_last_kill_reuses_every_finished_step(survived):
    trial, done = survived
    assert "Traceback" not in done.stderr
    lines = re.findall(r"^\w+/[0-9a-f]+: (\w+)$", done.stdout, re.MULTILINE)
    assert lines == ["reused"] * 8
    assert not list((trial.mlruns / "work").glob("*/*/state"))


def test_the_weights_are_those_of_a_run_that_nobody_disturbed(survived, whole):
    assert weights(survived[0]) == weights(whole)


def test_one_version_is_the_champion_and_no_run_is_left_running(survived):
    trial, _ = survived
    assert (trial.versions(), trial.champion()) == (["1"], "1")
    statuses = {run.info.status for run in trial.runs()}
    assert "RUNNING" not in statuses
    assert sum(run.info.run_name.startswith("retrain") for run in trial.runs()) >= 2


def test_no_half_written_file_is_left_beside_the_records(survived):
    trial, _ = survived
    for name in records(trial):
        folder = trial.mlruns / "work" / name
        named = {f["name"] for f in json.loads((folder / "record.json").read_text())["files"]}
        there = {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}
        assert there == named | {"record.json", ".marks.json"}
