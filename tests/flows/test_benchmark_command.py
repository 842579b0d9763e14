"""`restill benchmark`: any model, any suite, and what it says, writes and refuses."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from ruamel.yaml import YAML
from typer.testing import CliRunner

from components import parts
from components.errors import (
    CheckpointError,
    ConfigError,
    PartError,
    ProtocolError,
    RestorationError,
)
from components.training import checkpoint
from flows.cli import app

PARAMETER_FILE = Path(__file__).parents[2] / "params.yaml"

SUITE = {
    "folder": "Pairs",
    "pictures": 4,
    "source": {"name": "paired_folders", "gt": "gt", "lq": "lq", "validation": 0.0, "test": 0.0},
    "protocol": "denoise_rgb8",
    "references": ["identity", "total_variation"],
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A checkout that knows one suite of four noisy pictures."""
    (tmp_path / "mlruns").mkdir()
    shutil.copyfile(PARAMETER_FILE, tmp_path / "params.yaml")
    yaml = YAML()
    content = yaml.load(tmp_path / "params.yaml")
    content["suites"] = {"four": SUITE}
    yaml.dump(content, tmp_path / "params.yaml")
    random = np.random.default_rng(0)
    for number in range(4):
        y, x = np.mgrid[:32, :40]
        clean = 127 + 60 * np.sin((x + number * y) / 5)[..., None] + np.zeros(3)
        noisy = clean + random.normal(0, 20, clean.shape)
        for folder, samples in (("gt", clean), ("lq", noisy)):
            file = tmp_path / "datasets/Pairs" / folder / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.uint8(np.clip(samples, 0, 255))).save(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTILL_DATASETS", raising=False)
    return tmp_path


def run(*arguments):
    """Run the command; its output without the log."""
    done = CliRunner().invoke(app, ["benchmark", *map(str, arguments)])
    if isinstance(done.exception, RestorationError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_suite_shows_every_picture_the_mean_and_its_references(root):
    said = run("identity", "--suite", "four")
    assert said.startswith("identity, denoise_rgb8:rgb8:noise-float, 4 of 4 pictures\n")
    for name in ("0.png", "1.png", "2.png", "3.png", "mean", "total_variation"):
        assert f" {name} " in said


def test_two_models_are_compared_with_an_interval(root):
    said = run("total_variation", "--suite", "four", "--against", "identity")
    assert "total_variation against identity: +" in said
    assert "over 4 pictures; better in 4 of 4 rows" in said


def test_numbers_are_written_and_compared_later(root):
    run("identity", "--suite", "four", "--json", "old.json", "--parquet", "rows.parquet")
    content = json.loads((root / "old.json").read_text())
    assert content["report"]["num_images"] == content["report"]["expected_images"] == 4
    assert content["complete"] is True
    assert [r["report"]["label"] for r in content["references"]] == ["total_variation"]
    rows = pd.read_parquet(root / "rows.parquet")
    assert rows["psnr_db"].mean() == pytest.approx(content["report"]["mean"]["psnr_db"])
    said = run("total_variation", "--suite", "four", "--against", "old.json", "--json", "-")
    against = json.loads(said)["against"]
    assert (against["model"], against["num_pictures"], against["wins"]) == ("identity", 4, 4)


def test_two_benchmarks_are_not_compared(root):
    run("identity", "--suite", "four", "--json", "old.json")
    with pytest.raises(ProtocolError, match="their difference would mean nothing"):
        run("identity", "--suite", "four", "--protocol", "ffa", "--against", "old.json")


def test_a_missing_picture_is_said(root):
    for folder in ("gt", "lq"):
        (root / "datasets/Pairs" / folder / "2.png").unlink()
    said = run("identity", "--suite", "four", "--json", "x.json")
    assert ", 3 of 4 pictures\n" in said
    assert json.loads((root / "x.json").read_text())["complete"] is False


def test_a_checkpoint_folder_is_a_model(root):
    params = parts.configure("models", {"name": "kdsr", "scale": 2, "channels": 2, "num_blocks": 1})
    network = parts.build("models", params)
    (root / "run").mkdir()
    checkpoint.save(root / "run", network, {"model": params.model_dump(mode="json")})
    said = run("run", "--suite", "datasets/Pairs/gt", "--make-lq", "--scale", "2")
    assert said.startswith("run, sr_y:x2:crop2, 4 pictures\n")


def test_a_function_of_ones_own_is_a_model(root):
    (root / "mine_here.py").write_text("def brighter(lq):\n    return lq + 1\n")
    said = run("mine_here:brighter", "--suite", "datasets/Pairs", "--protocol", "deblur_rgb")
    assert said.startswith("mine_here:brighter, deblur_rgb:rgb8:crop0, 4 pictures\n")
    assert "left [0, 1] and were clipped" in said


def test_the_folder_of_all_sets_can_be_named(root, tmp_path, monkeypatch):
    (root / "datasets").rename(root / "elsewhere")
    assert "4 of 4" in run("identity", "--suite", "four", "--data-root", root / "elsewhere")
    monkeypatch.setenv("RESTILL_DATASETS", str(root / "elsewhere"))
    assert "4 of 4" in run("identity", "--suite", "four")


@pytest.mark.parametrize(
    ("arguments", "kind", "reason"),
    [
        (["identity", "--suite", "fours"], ConfigError, "did you mean 'four'"),
        (["identiti", "--suite", "four"], PartError, "did you mean 'identity'"),
        (["identity", "--suite", "four", "--against", "bicubicc"], PartError, "'bicubic'"),
        (["identity", "--suite", "four", "--scale", "2"], ProtocolError, "has scale 1, asked"),
        (["identity", "--suite", "four", "--device", "gpu"], ConfigError, "no device 'gpu'"),
        (["identity", "--suite", "four", "--json", "no/x.json"], ConfigError, "no folder no$"),
        (["identity", "--suite", "four", "--parquet", "no/x"], ConfigError, "no folder no$"),
        (["identity", "--suite", "four", "--json", "datasets"], ConfigError, "it is a folder"),
        (["datasets/Pairs", "--suite", "four"], CheckpointError, "datasets/Pairs.*model.json"),
        (["nowhere:f", "--suite", "four"], PartError, "no module 'nowhere'"),
        (["identity", "--suite", "four", "--against", "no.json"], ProtocolError, "No such file"),
    ],
)
def test_what_cannot_be_measured_is_refused(root, arguments, kind, reason):
    with pytest.raises(kind, match=reason):
        run(*arguments)
