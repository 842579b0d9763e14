"""Results: written and read again, and compared only when they may be."""

import json
import math
from pathlib import PurePosixPath

import pandas as pd
import pytest

from components.artifacts import BenchmarkReport, Cost
from components.benchmarking.results import Result, as_json, compare, read_json
from components.errors import ProtocolError


def result(label="ours", gain=0.0, **changes):
    """Four pictures under two damages; the last is perfect."""
    rows = pd.DataFrame(
        [
            {"image": f"{n}.png", "slice": slice_, "width": 10, "height": 5}
            | {"psnr_db": 20.0 + n + gain * (n + 1), "ssim": 0.5, "num_clipped": 3}
            for slice_ in ("mild", "strong")
            for n in range(4)
        ]
    )
    rows.loc[7, "psnr_db"] = math.inf
    report = BenchmarkReport(
        folder=PurePosixPath("benchmark/0"),
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest="d" * 64,
        num_images=8,
        mean={"psnr_db": math.inf, "ssim": 0.5},
        slices={"mild": {"psnr_db": 21.5}, "strong": {"psnr_db": math.inf}},
        cost=Cost(num_parameters=1, giga_macs=1.0, latency_ms=1.0, device="cpu"),
        weights_sha256="",
        num_clipped=24,
    )
    return Result(report.model_copy(update=changes), rows)


def test_two_models_are_compared_picture_by_picture():
    found = compare(result(gain=0.1), result("theirs"))
    # Gains of 0.1, 0.2, 0.3 and 0.4 dB in each slice; the perfect rows differ by nothing.
    assert found.mean_db == pytest.approx((0.1 + 0.2 + 0.3 + 0.4 + 0.1 + 0.2 + 0.3 + 0) / 8)
    assert (found.num_pictures, found.num_rows, found.wins) == (4, 8, 7)
    low, high = found.interval_db
    assert 0.1 <= low < found.mean_db < high <= 0.4


def test_two_benchmarks_are_never_compared():
    other = result("theirs", benchmark_digest="e" * 64, protocol="ffa:rgb:centre")
    with pytest.raises(
        ProtocolError, match="ours was measured on benchmark dddddddddddd .* theirs"
    ):
        compare(result(), other)


def test_json_is_json_and_is_read_again(tmp_path):
    ours, theirs = result(gain=0.1), result("theirs")
    text = as_json("set", ours, [theirs], ("theirs", compare(ours, theirs)))

    def refuse(word):
        raise AssertionError(word)

    content = json.loads(text, parse_constant=refuse)
    assert content["suite"] == "set"
    assert content["report"]["mean"] == {"psnr_db": "Infinity", "ssim": 0.5}
    assert content["references"][0]["report"]["label"] == "theirs"
    assert content["against"]["model"] == "theirs"
    assert content["against"]["mean_db"] == pytest.approx(0.2)
    (tmp_path / "ours.json").write_text(text)
    again = read_json(tmp_path / "ours.json")
    assert again.report == ours.report
    pd.testing.assert_frame_equal(again.rows, ours.rows)
    assert compare(again, theirs) == compare(ours, theirs)


def test_a_set_that_is_not_whole_is_said_to_be_so():
    assert result().complete  # nobody knows how many there should be
    assert result(expected_images=8).complete
    assert not result(expected_images=9).complete
    assert not result(expected_images=7).complete


def test_clipped_values_are_a_share_of_all():
    assert result().clipped_share == pytest.approx(24 / (8 * 10 * 5 * 3))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"report": {"label": "x"}, "rows": []}'])
def test_another_file_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(
        ProtocolError, match=r"x\.json: cannot be read as a measurement: it was not"
    ):
        read_json(tmp_path / "x.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ProtocolError, match="No such file"):
        read_json(tmp_path / "x.json")
