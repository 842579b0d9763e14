"""`restill data push`, `pull`, `versions`, `remote`, `shards`: what a team sees of its versions."""

import itertools
import re
import shutil
from dataclasses import replace

import pytest

from components.config import load_params
from components.datasets.stream import Stream
from components.versioning import snapshots
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


def test_a_past_version_goes_to_an_s3_server_in_shards_and_is_read_from_there(
    team, home, s3, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    digest = snapshots.take(team.root, "v1", team.mlruns / "versions").parent.name
    now = tree_digest(team.data)
    url = f"s3://{s3.new_bucket()}/set"
    line = f"{url}: 6 pictures of data {digest} in 3 shards, "
    assert said(home, team, "shards", url, "--data", "v1").startswith(line)
    read = {}
    for split in ("train", "validation", "test"):
        stream = Stream(url, split, cache=tmp_path)
        read |= {s.path: s.gt for s in itertools.islice(stream.read(), stream.num_rows)}
    assert read == {f"{n}.png": (team.data / f"{n}.png").read_bytes() for n in range(6)}
    assert tree_digest(team.data) == now


@pytest.mark.parametrize("url", ["data", "data/shards"])
def test_shards_among_the_pictures_are_refused(team, home, url):
    now = tree_digest(team.data)
    done = home.run(team.root, "data", "shards", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"restill: {url}: shards go to a folder outside .*data, .*\n", done.stderr)
    assert tree_digest(team.data) == now


def test_a_run_on_a_past_version_lists_that_version_and_leaves_data_alone(team, server):
    from flows.prepare_dataset import prepare_dataset  # noqa: PLC0415 - after Prefect's home is set

    now, recorded = tree_digest(team.data), (team.root / "data.dvc").read_bytes()
    past = snapshots.take(team.root, "v1", team.mlruns / "versions")
    made = prepare_dataset(load_params(team.params), replace(team, past=past)).record
    assert made.data_digest == past.parent.name == tree_digest(past) != now
    assert sum(made.counts.values()) == 6
    assert (tree_digest(team.data), (team.root / "data.dvc").read_bytes()) == (now, recorded)


def test_a_run_on_a_version_that_nobody_recorded_is_one_message_and_status_2(team, home):
    done = home.run(team.root, "run", "--data", "v3")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"restill: .*v3.*\n", done.stderr)
