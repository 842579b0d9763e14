"""`restill data check` and `restill data diff` as a person types them: text, files, exit status."""

import json

import pytest
import skimage.data
from PIL import Image
from typer.testing import CliRunner

from components.errors import ConfigError, DatasetError, PartError, StoreError
from components.versioning import versions
from flows.cli import app


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A set in train/, validation/ and test/ outside of any checkout, where the command is typed."""
    photographs = {"train": "astronaut", "validation": "coffee", "test": "chelsea"}
    for split, name in photographs.items():
        (tmp_path / "set" / split).mkdir(parents=True)
        image = Image.fromarray(getattr(skimage.data, name)())
        image.crop((100, 60, 340, 240)).save(tmp_path / "set" / split / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def leak(place):
    """A copy of the training picture, cropped by a few pixels, in the test of another set."""
    with Image.open(place / "set/train/astronaut.png") as image:
        (place / "other/HR").mkdir(parents=True)
        image.crop((2, 3, 239, 178)).save(place / "other/HR/copy.png")
    return place / "other"


def restill(*words):
    """Type a command; an error of ours is raised, as `main` would print it."""
    result = CliRunner().invoke(app, ["data", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_clean_set_ends_with_0(place):
    done = restill("check", "set", "--source", "folder")
    assert done.exit_code == 0, done.output
    assert "set: 1 train, 1 validation, 1 test; 3 files read" in done.output
    assert done.output.endswith("nothing is wrong\n")


def test_a_leak_to_another_set_ends_with_1_and_is_in_the_file(place, leak):
    done = restill(
        *("check", "set", "--source", "folder", "--json", "found.json"),
        *("--against", "other", "--against-source", "paired_sr,scale=2"),
    )
    assert done.exit_code == 1
    assert "leak: set/train/astronaut.png (train) and other/HR/copy.png (test)" in done.output
    (found,) = json.loads((place / "found.json").read_text())["leaks"]
    assert found["first"] == {"path": "set/train/astronaut.png", "split": "train"}


def test_every_fault_is_said(place):
    (place / "set/train/cut.png").write_bytes(b"\x89PNG")
    (place / "set/train/notes.doc").write_text("")
    done = restill("check", "set", "--source", "folder")
    assert done.exit_code == 1
    assert done.output.count("fault: ") == 2
    assert done.output.endswith("wrong: faults 2, leaks 0, repeated 0\n")


def test_settings_of_the_source_are_yaml(place, leak):
    assert restill("check", "other", "--source", "paired_sr", "--set", "scale=3").exit_code == 0
    with pytest.raises(PartError, match=r"'paired_sr' in sources: scale"):
        restill("check", "other", "--source", "paired_sr", "--set", "scale=three")


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (("none", "--source", "folder"), DatasetError, "none: there is no such folder"),
        (("set", "--source", "fodler"), PartError, "did you mean 'folder'"),
        (("set", "--source", "folder", "--set", "test"), ConfigError, "'test': .* is KEY=VALUE"),
        (("set", "--source", "folder", "--set", "test=["), ConfigError, "the value is not YAML"),
        (
            ("set", "--source", "folder", "--against", "set"),
            ConfigError,
            "needs one layout a folder of --against, there are 0 for 1",
        ),
        (
            ("set", "--source", "folder", "--json", "none/found.json"),
            StoreError,
            r"found\.json: cannot be written",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(place, words, error, message):
    with pytest.raises(error, match=message):
        restill("check", *words)


def test_two_folders_are_compared_with_a_page_and_a_file(place, leak):
    done = restill("diff", "set", "other", "--page", "drift.html", "--json", "drift.json")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("set: 3 pictures; other: 1\n")
    assert "plots: drift.html" in done.output
    assert (place / "drift.html").read_text().startswith("<!DOCTYPE html>")
    assert json.loads((place / "drift.json").read_text())["counts"] == [3, 1]


def test_a_recorded_version_is_compared_with_the_data_now(trial, monkeypatch):
    monkeypatch.chdir(trial.root)
    old = versions.commit(trial.root, "first").new
    trial.draw("data/new.png", seed=9)
    (trial.data / "0.png").unlink()
    done = restill("diff", old)
    assert done.exit_code == 0, done.output
    assert f"{old}: 6 pictures; data/: 6\n" in done.output
    assert "added: 1: new.png\n" in done.output
    assert "removed: 1: 0.png\n" in done.output
