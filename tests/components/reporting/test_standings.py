"""The leaderboard's facts, and the table that goes to Parquet."""

import pandas as pd
import pytest

from components.errors import StoreError
from components.reporting.standings import GAIN, Board, Standing, Standings, Value

ONE = Board("1" * 64, "sr_y:x4:crop4", "held out", ("psnr_db", "ssim"), data="d1.dir")
TWO = Board("2" * 64, "denoise_rgb8", "", ("psnr_db",))
BEST = Standing(
    "tiny/2",
    "w2",
    recipe="kdsr",
    data="d1.dir",
    released="2026-02-01",
    aliases=("champion",),
    values={ONE.digest: {"psnr_db": Value(30.0, (29.0, 31.0)), "ssim": Value(0.8)}},
    gains={ONE.digest: Value(0.5, (0.25, 0.75))},
    cost={"num_parameters": 1000.0, "giga_macs": 14.5, "latency_ms": 1500.0},
    device="a cpu",
)
OLD = Standing(
    "tiny/1",
    "w1",
    released="2026-01-01",
    reigned=("2026-01-01", "2026-01-05"),
    values={TWO.digest: {"psnr_db": Value(28.0)}},
    cost={"latency_ms": 15.0},
    device="a gpu",
)
STANDINGS = Standings((ONE, TWO), (BEST, OLD), left_out=3)


def test_a_value_is_found_by_benchmark_and_metric():
    assert BEST.value(ONE, "psnr_db") == Value(30.0, (29.0, 31.0))
    assert BEST.value(ONE, GAIN) == Value(0.5, (0.25, 0.75))
    assert BEST.value(TWO, "psnr_db") is None
    assert OLD.value(TWO, GAIN) is None


def test_a_benchmark_without_a_name_is_called_by_its_digest():
    assert (ONE.title, TWO.title) == (f"held out {'1' * 12}", f"benchmark {'2' * 12}")


def test_times_of_different_devices_do_not_mix():
    assert STANDINGS.devices == ("a cpu", "a gpu")
    assert (OLD.latency_on("a cpu"), OLD.latency_on("a gpu")) == (None, 15.0)


def test_the_table_has_a_row_a_version_and_columns_by_benchmark():
    table = STANDINGS.table()
    assert table["version"].tolist() == [2, 1]
    assert table["reigned"].tolist() == ["", "2026-01-01, 2026-01-05"]
    best = table.iloc[0]
    assert best[[f"psnr_db@{'1' * 12}{end}" for end in ("", ".low", ".high")]].tolist() == [
        30,
        29,
        31,
    ]
    assert best[f"gain_db@{'1' * 12}.low"] == 0.25
    assert pd.isna(best[f"psnr_db@{'2' * 12}"])
    assert (best["giga_macs"], best["latency_ms on a cpu"]) == (14.5, 1500.0)
    assert pd.isna(best["latency_ms on a gpu"])


def test_a_written_table_says_what_its_benchmarks_are(tmp_path):
    STANDINGS.write(tmp_path / "board.parquet")
    read = pd.read_parquet(tmp_path / "board.parquet")
    pd.testing.assert_frame_equal(read, STANDINGS.table(), check_dtype=False)
    assert read.attrs["boards"]["1" * 12] == {
        "digest": ONE.digest,
        "protocol": "sr_y:x4:crop4",
        "suite": "held out",
        "data": "d1.dir",
    }


def test_an_empty_leaderboard_can_be_written(tmp_path):
    Standings().write(tmp_path / "board.parquet")
    assert pd.read_parquet(tmp_path / "board.parquet").empty


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere/board\.parquet: cannot be written: "):
        STANDINGS.write(tmp_path / "nowhere/board.parquet")
