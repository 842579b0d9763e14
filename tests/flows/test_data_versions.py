"""`restill data push`, `pull`, `versions`, `remote`: what a team sees of its versions."""

import re
import shutil

import pytest

from components.versioning.programs import run_git
from components.versioning.tree import tree_digest
from components.versioning.versions import commit

pytest_plugins = ("tests.s3",)


@pytest.fixture(scope="module")
def home(new_shell):
    return new_shell()


@pytest.fixture
def team(new_trial, monkeypatch):
    """A git checkout with one version, tagged v1, and a second one in data/."""
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    place = new_trial()
    run_git(place.root, "init", "--quiet", "--initial-branch=main")
    run_git(place.root, "config", "user.name", "Restill")
    run_git(place.root, "config", "user.email", "restill@example.org")
    commit(place.root, "one")
    run_git(place.root, "tag", "v1")
    place.draw("data/more.png", seed=9)
    commit(place.root, "two")
    return place


def said(home, place, *words):
    done = home.run(place.root, "data", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_versions_go_to_an_s3_server_and_come_back_to_another_checkout(team, home, s3, new_trial):
    said(home, team, "remote", f"s3://{s3.new_bucket()}/data", "--endpoint", s3.endpoint)
    assert len(re.findall(r"\.dir is on remote 'storage'", said(home, team, "push", "--all"))) == 2
    shutil.rmtree(team.data)
    shutil.rmtree(team.root / ".dvc/cache")
    run_git(team.root, "checkout", "--quiet", "v1", "--", "data.dvc")
    newest, oldest, _ = said(home, team, "versions").splitlines()
    assert re.search(r"7 files, .* remote$", newest)
    assert re.search(r"6 files, .* remote  \[v1\]$", oldest)
    assert said(home, team, "pull").endswith("files written or removed: 6\n")
    assert tree_digest(team.data)[:12] in oldest
    assert "cache, remote" in said(home, team, "versions").splitlines()[1]


def test_a_pull_that_would_lose_a_picture_is_one_message_and_status_2(team, home):
    team.draw("data/mine.png", seed=11)
    run_git(team.root, "checkout", "--quiet", "v1", "--", "data.dvc")
    done = home.run(team.root, "data", "pull")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"restill: .*data: mine\.png would be lost, .*\n", done.stderr)
    assert (team.data / "mine.png").is_file()


def test_without_a_remote_the_versions_are_listed_all_the_same_and_a_push_is_refused(team, home):
    newest, oldest = said(home, team, "versions").splitlines()
    assert newest.endswith("cache")
    assert oldest.endswith("cache  [v1]")
    done = home.run(team.root, "data", "push")
    assert done.returncode == 2
    assert re.fullmatch(r"restill: .* names no default remote, .*\n", done.stderr)


def test_of_nothing_recorded_there_are_no_versions(trial, home):
    assert said(home, trial, "versions").startswith("nothing recorded yet")
