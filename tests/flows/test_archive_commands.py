"""`restill lineage` and `restill leaderboard`: what they say, write and refuse."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from components.errors import ProtocolError, RegistryError, RestorationError, VersionError
from components.reporting.standings import Standings
from components.store import Store
from components.tracking import Tracking
from flows.cli import app
from flows.commands import leaderboard
from tests import past
from tests.past import B2, D2, S1, S2, SET5, T2


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with a small past."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copyfile(Path(__file__).parents[2] / "params.yaml", root / "params.yaml")
    past.live_through(Tracking(root / "mlruns"), Store(root / "mlruns/work"))
    return root


@pytest.fixture
def run(checkout, monkeypatch):
    """Run a command; its output without the log."""
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("COLUMNS", "160")

    def go(*arguments):
        done = CliRunner().invoke(app, [*map(str, arguments)])
        if isinstance(done.exception, RestorationError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return go


def test_the_lineage_of_a_champion_is_a_line_a_fact(run):
    lines = run("lineage", "tiny@champion").splitlines()
    assert lines[0] == "tiny/2, champion"
    facts = [line.split(maxsplit=1) for line in lines[1:]]
    assert ["data", D2] in facts
    assert ["code", f"commit {past.COMMIT}, with changes that no commit holds"] in facts
    assert ["parameters", "recipe kdsr, seed 0, 2 values"] in facts
    assert ["teacher", f"sha256 {T2}, 1,000 parameters, teacher/72"] in facts
    assert ["student", f"sha256 {S2}, 1,000 parameters, student/52"] in facts
    means = past.means(S2, B2)
    measured = f"psnr_db {means['psnr_db']:.4f}, ssim {means['ssim']:.4f}"
    assert ["benchmark", f"{B2[:12]} by {past.PROTOCOL}: {measured}; gate: better"] in facts
    assert ["ledger", "no entry"] in facts


def test_every_parameter_is_listed_when_asked_for(run):
    assert "    recipe: kdsr\n    seed: 0\n" in run("lineage", "tiny/1", "--parameters")


def test_the_lineage_of_data_lists_every_network_and_what_is_live(run):
    lines = run("lineage", f"data:{D2[:6]}").splitlines()
    assert lines[0] == f"data {D2}: 4 networks trained or tested on it"
    ours = f"  student {S2[:12]} of teacher {T2[:12]}: trained and tested; tiny/2 (live: champion)"
    assert ours in lines
    assert any(
        line.startswith(f"  student {S1[:12]}") and "tested; tiny/1" in line for line in lines
    )


def test_the_leaderboard_names_its_benchmarks_and_has_a_row_a_version(run):
    text = run("leaderboard")
    assert f"(1) held out {B2[:12]}, by protocol {past.PROTOCOL}, test pictures of data" in text
    assert "and 1 older" in text
    assert text.index("tiny/2") < text.index("tiny/1")
    assert f"{past.means(S2, B2)['psnr_db']:.2f}" in text
    assert "1,500" in text


def test_the_leaderboard_of_a_suite_lists_who_was_measured_there(run):
    text = run("leaderboard", "--suite", SET5[:8])
    assert "tiny/2" in text
    assert "tiny/1" not in text


def test_the_leaderboard_is_written_whole(run, tmp_path):
    run("leaderboard", "--parquet", tmp_path / "board.parquet")
    table = pd.read_parquet(tmp_path / "board.parquet")
    assert table["version"].tolist() == [2, 1]
    assert len(table.attrs["boards"]) == 3
    assert table.loc[0, f"psnr_db@{SET5[:12]}"] == past.means(S2, SET5)["psnr_db"]


def test_what_is_not_there_is_refused(run):
    with pytest.raises(RegistryError, match=r"^tiny: no version '7' \(there are: 1, 2\)$"):
        run("lineage", "tiny/7")
    with pytest.raises(VersionError, match=r"^data:beef: no data versions"):
        run("lineage", "data:beef")
    with pytest.raises(ProtocolError, match="^no version was measured on suite 'set14'"):
        run("leaderboard", "--suite", "set14")


def test_a_registry_that_is_down_is_one_error(run, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(RegistryError, match=r"^MLflow at http://127\.0\.0\.1:9: "):
        run("lineage", "tiny")


def test_an_empty_leaderboard_says_so(capsys):
    leaderboard._print(Standings())
    assert capsys.readouterr().out == "no version was released yet\n"
