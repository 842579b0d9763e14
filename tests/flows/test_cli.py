"""The command `restill` as a process: what it prints, how it ends, and what it leaves behind."""

import os
import re
import shutil
import signal
import time
from collections import Counter

import pytest
import torch
from PIL import Image

from components import parts
from components.pictures import images
from components.pictures.images import Picture

STATIONS = Counter(dataset=1, teacher=1, student=2, benchmark=4)
BEFORE_TRAINING = Counter(
    dataset=1, benchmark=1
)  # the reference tells whether the suite can be measured


def refusal(done):
    """The message of a command that ended with status 2, its only line but for Prefect's log."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    before, *messages = done.stderr.split("restill: ")
    assert len(messages) == 1
    assert all(re.match(r"\d\d:\d\d:\d\d", line) for line in before.splitlines()), before
    return messages[0].rstrip("\n")


def outcomes(said, word):
    """Count what runs said of their stations: how many were `made`, or `reused`."""
    return Counter(re.findall(rf"^(\w+)/[0-9a-f]+: {word}$", said, re.MULTILINE))


# --- an interrupted run, and then two runs at once, in one checkout


@pytest.fixture(scope="module")
def home(new_shell):
    """A shell in which every run starts a Prefect server of its own."""
    return new_shell()


@pytest.fixture(scope="module")
def place(new_trial):
    trial = new_trial()
    trial.change("recipes.kdsr.teacher", steps=400)
    return trial


@pytest.fixture(scope="module")
def interrupted(place, home):
    """The group and the end of the first run, interrupted while the teacher is trained."""
    process = home.start(place.root, "run")
    while not any(place.mlruns.glob("work/teacher/*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the server is told, too
    return process.pid, home.end(process)


@pytest.fixture(scope="module")
def twins(place, home, interrupted):
    """Two runs that are started at once after that."""
    return [home.end(process) for process in [home.start(place.root, "run") for _ in range(2)]]


@pytest.fixture(scope="module")
def released(place, twins):
    """A checkout with a champion."""
    return place


def test_an_interrupted_run_says_so_in_one_line(interrupted):
    _, done = interrupted
    assert done.returncode == 130, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("restill: ")] == [
        "restill: interrupted; finished steps are kept, the same command goes on"
    ]


def test_an_interrupted_run_leaves_no_process(interrupted):
    group, _ = interrupted
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_two_runs_at_once_both_come_to_their_end(twins):
    for done in twins:
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr


def test_of_two_runs_at_once_each_station_is_made_once(twins):
    said = "".join(done.stdout for done in twins)
    assert outcomes(said, "made") == STATIONS - BEFORE_TRAINING
    assert outcomes(said, "reused") == STATIONS + BEFORE_TRAINING


def test_two_runs_at_once_release_one_version(place, twins):
    said = "".join(done.stdout for done in twins)
    assert sorted(re.findall(r"^(\w+): .*champion", said, re.MULTILINE)) == ["first", "unchanged"]
    assert (place.versions(), place.champion()) == (["1"], "1")


def test_interrupted_and_simultaneous_runs_leave_finished_runs_alone(place, twins):
    assert [run.info.status for run in place.runs()] == ["FINISHED"] * 4


def test_a_run_writes_into_its_checkout_alone(place, home, twins):
    assert list(home.home.rglob("*")) == []
    assert list(home.scratch.rglob("*")) == []
    found = {path.name for path in place.root.iterdir()}
    assert found == {".dvc", ".restill", "data", "mlruns", "params.yaml"}


# --- refusals of `restill run`


def test_all_wrong_keys_are_said_at_once_by_full_name(trial, new_shell):
    trial.change("", sead=1)
    trial.change("data", source={"name": "foldr"})
    trial.change("recipes.kdsr.teacher", stepps=3, batch="two")
    trial.change("gate", min_gain_db=0.0)
    said = refusal(new_shell().run(trial.root, "run")).splitlines()
    assert said[0] == f"{trial.params}: 5 wrong keys"
    assert sorted(line.split(":")[0].strip() for line in said[1:]) == [
        "data.source",
        "gate.min_gain_db",
        "recipes.kdsr.teacher.batch",
        "recipes.kdsr.teacher.stepps",
        "sead",
    ]
    assert any("did you mean 'steps'" in line for line in said)
    assert not list(trial.mlruns.iterdir())


def test_outside_a_checkout_the_command_says_what_it_looks_for(new_shell):
    said = refusal(new_shell().run("/", "data", "status"))  # above a temporary folder, who knows
    assert said == "/: neither this folder nor one above it holds params.yaml and mlruns/"


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-60])


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [cut_short, flip_a_byte])
def test_a_damaged_picture_stops_a_run_by_name_before_training(trial, shell, damage):
    picture = trial.data / "4.png"
    damage(picture)
    said = refusal(shell.run(trial.root, "run"))
    assert said.startswith(f"{picture} cannot be read as a picture: ")
    assert not (trial.mlruns / "work/teacher").exists()


def test_an_empty_data_folder_stops_a_run(trial, shell):
    for file in trial.data.iterdir():
        file.unlink()
    said = refusal(shell.run(trial.root, "run"))
    assert said == f"{trial.data}: there is no picture, and the source 'folder' cannot make any"


def test_fewer_pictures_than_splits_stop_a_run(trial, shell):
    for number in range(2, 6):
        (trial.data / f"{number}.png").unlink()
    said = refusal(shell.run(trial.root, "run"))
    assert said.startswith(f"{trial.data}: train, validation, test need at least one picture each")
    assert said.endswith("there are 2 in all")


def test_a_picture_smaller_than_the_patch_stops_a_run_by_name(trial, shell):
    trial.change("recipes.kdsr.teacher", patch=40)  # the pictures are 36 pixels high
    said = refusal(shell.run(trial.root, "run"))
    assert re.fullmatch(
        rf"{trial.data}/\d\.png: 4\dx36 is smaller than the patch of 40 pixels", said
    )


# --- restill parts, restill data


def test_parts_lists_every_part_of_every_bin(new_shell, tmp_path):
    done = new_shell().run(tmp_path, "parts")
    assert done.returncode == 0, done.stderr
    for block in done.stdout.strip().split("\n\n"):
        head, *rows = block.splitlines()
        shown = [row.split()[0] for row in rows if re.match(r" \w", row)]
        assert [name for name in shown if name != "part"] == parts.names(head.split("/")[1])
    assert re.findall(r"components/(\w+)", done.stdout) == list(parts.BINS)
    assert re.search(r"small +[\d,]+ parameters, [\d.]+ GMAC/MP", done.stdout)


def test_data_is_new_then_committed_then_unchanged(trial, new_shell):
    shell = new_shell()
    before = shell.run(trial.root, "data", "status").stdout
    assert before.startswith("data.dvc: nothing recorded yet\n")
    assert before.count("  added: ") == 6
    done = shell.run(trial.root, "data", "commit", "-m", "the first six")
    assert re.fullmatch(
        r"nothing -> [0-9a-f]{32}\.dir\nnot in git; data\.dvc is written\n", done.stdout
    )
    assert shell.run(trial.root, "data", "status").stdout.endswith("nothing changed\n")


# --- restill benchmark


@pytest.fixture(scope="module")
def set5(new_trial):
    """A set of two pictures with odd sides, each with its quarter-size mate."""
    trial = new_trial()
    for folder in ("HR", "LRbicx4"):
        (trial.root / folder).mkdir()
    for name, height, width in (("baby.png", 49, 62), ("bird.png", 55, 47)):
        file = trial.draw(f"HR/{name}", height=height, width=width)
        with Image.open(file) as image:
            cropped = image.crop((0, 0, width - width % 4, height - height % 4))
            cropped.resize((width // 4, height // 4), Image.Resampling.BICUBIC).save(
                trial.root / "LRbicx4" / name
            )
    return trial.root


def numbers(done):
    """Read a benchmark's table: first column -> its numbers."""
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"(\S+) +│ +([\d.]+) +│ +([\d.]+)", done.stdout)
    return {name: (float(psnr), float(ssim)) for name, psnr, ssim in rows}


def test_benchmark_shows_protocol_every_picture_and_the_mean(released, new_shell, set5):
    done = new_shell().run(released.root, "benchmark", "bicubic", "--suite", set5)
    table = numbers(done)
    assert done.stdout.startswith("bicubic, sr_y:x4:crop4, 2 pictures\n")
    assert list(table) == ["baby.png", "bird.png", "mean"]
    for column in (0, 1):
        rows = [table[name][column] for name in ("baby.png", "bird.png")]
        assert table["mean"][column] == pytest.approx(sum(rows) / 2, abs=1e-4)


def test_the_champion_is_measured_on_pictures_made_for_it(released, new_shell, set5, tmp_path):
    shutil.copytree(set5 / "HR", tmp_path / "HR")
    model = "restill-kdsr@champion"
    done = new_shell().run(
        released.root, "benchmark", model, "--suite", tmp_path, "--make-lq", "--protocol", "sr_y"
    )
    assert done.stdout.startswith(f"{model}, sr_y:x4:crop4, 2 pictures\n")
    assert list(numbers(done)) == ["baby.png", "bird.png", "mean"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["bicubic"], r"2 of 2 pictures have no degraded mate \(baby\.png, \.\.\.\)"),
        (
            ["bicubbic"],
            r"no part 'bicubbic' in models \(there are: .*bicubic, .*did you mean 'bicubic'",
        ),
    ],
)
def test_an_impossible_benchmark_is_refused(released, new_shell, set5, tmp_path, arguments, reason):
    shutil.copytree(set5 / "HR", tmp_path / "HR")
    done = new_shell().run(released.root, "benchmark", *arguments, "--suite", tmp_path)
    assert re.match(reason, refusal(done))


# --- restill restore


def test_pictures_of_every_kind_and_size_are_restored_into_a_folder(released, new_shell, tmp_path):
    kinds = {
        f"{'grey' if channels == 1 else 'rgb'}{'a' * alpha}{bits}{suffix}": (channels, alpha, bits)
        for suffix in (".png", ".jpg")
        for channels in (1, 3)
        for alpha in ((False, True) if suffix == ".png" else (False,))
        for bits in ((8, 16) if suffix == ".png" else (8,))
    }
    assert len(kinds) == 10
    for number, (name, (channels, alpha, bits)) in enumerate(kinds.items()):
        values = torch.rand(channels + alpha, 17 + number, 30 - number)
        made = Picture(values[:channels], bits, values[channels:] if alpha else None)
        images.write(tmp_path / name, made)
    sources = [tmp_path / name for name in kinds]
    large = tmp_path / "new/large"
    done = new_shell().run(released.root, "restore", *sources, "-o", large, "--tile", 12)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(f"{file} -> {large / file.name}\n" for file in sources)
    for number, (name, (channels, alpha, bits)) in enumerate(kinds.items()):
        restored = images.read(large / name)
        assert restored.pixels.shape == (channels, 4 * (17 + number), 4 * (30 - number))
        assert (restored.bits, restored.alpha is not None) == (bits, alpha)


@pytest.mark.parametrize(
    ("output", "model", "reason"),
    [
        ("a.png", "", r".*/a\.png: the result would overwrite it; name another output"),
        ("b.png", "", r".*/a\.png cannot be read as a picture: it is none of BMP, JPEG, PNG"),
        ("b.png", "nobody", r"no model 'nobody' in the registry \(there are: restill-kdsr\)"),
    ],
)
def test_a_restoration_that_cannot_be_is_refused_and_nothing_is_written(
    released, new_shell, tmp_path, output, model, reason
):
    picture = tmp_path / "a.png"
    picture.write_text("words")
    done = new_shell().run(
        released.root, "restore", picture, "-o", tmp_path / output, "--model", model
    )
    assert re.match(reason, refusal(done))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert picture.read_text() == "words"
