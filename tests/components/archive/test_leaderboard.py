"""The leaderboard: one row a version, a column a benchmark, gains against the twin without a teacher."""

import dataclasses

import pytest

from components.archive.leaderboard import standings
from components.archive.records import Archive, Measurement, Model, Reign, Version
from components.archive.rows import Rows
from components.errors import ProtocolError
from components.judging import intervals
from components.reporting.standings import GAIN
from components.store import Store
from tests import past
from tests.past import A2, B1, B2, D2, S1, S2, SET5


@pytest.fixture(scope="module")
def found(world, archive):
    return standings(archive, Rows(*world).of)


def no_rows(_):
    return None


def test_every_version_has_one_row_the_best_of_the_first_benchmark_first(found):
    assert [board.digest for board in found.boards] == [B2, SET5, B1]
    assert [row.reference for row in found.rows] == ["tiny/2", "tiny/1"]
    assert [row.aliases for row in found.rows] == [("champion",), ()]


def test_numbers_of_different_benchmarks_are_never_in_one_column(found):
    reached = {
        (row.weights, digest): metrics["psnr_db"].mean
        for row in found.rows
        for digest, metrics in row.values.items()
    }
    wanted = ((S1, B1), (S1, B2), (S2, B2), (S2, SET5))
    assert reached == {pair: past.means(*pair)["psnr_db"] for pair in wanted}


def test_a_benchmark_is_named_with_protocol_and_data(found):
    newest, _, _ = found.boards
    assert (newest.title, newest.protocol) == (f"held out {B2[:12]}", past.PROTOCOL)
    assert (newest.metrics, newest.data) == (("psnr_db", "ssim"), D2)


def test_every_mean_has_the_interval_of_its_rows(found):
    for metric in ("psnr_db", "ssim"):
        value = found.rows[0].value(found.boards[0], metric)
        wanted = intervals.of_mean(past.rows(S2, B2).set_index("image")[metric])
        assert value.interval == wanted
        assert wanted[0] < value.mean < wanted[1]


def test_the_gain_by_distillation_is_paired_with_the_twin_of_the_same_run(found):
    gain = found.rows[0].value(found.boards[0], GAIN)
    difference = past.means(S2, B2)["psnr_db"] - past.means(A2, B2)["psnr_db"]
    assert gain.mean == pytest.approx(difference)
    assert gain.interval[0] < gain.mean < gain.interval[1]
    assert gain.interval[1] - gain.interval[0] < 0.2  # the pictures' own spread cancels


def test_without_the_twin_on_a_benchmark_no_gain_is_known(found):
    assert {*found.rows[0].gains} == {B2}
    assert {*found.rows[1].gains} == {B1}


def test_without_the_store_there_are_means_intervals_and_gains_of_the_gate(
    world, bare, found, tmp_path
):
    here = standings(bare, Rows(world[0], Store(tmp_path)).of)
    assert [board.digest for board in here.boards] == [B2, B1]
    assert here.rows[0].values[B2] == found.rows[0].values[B2]
    assert here.rows[0].gains == found.rows[0].gains
    assert here.rows[0].cost == {"num_parameters": 1000.0}


def test_without_rows_there_are_means_and_gains_without_intervals(archive):
    row = standings(archive, no_rows).rows[0]
    assert row.values[B2]["psnr_db"].interval is None
    assert row.gains[B2].interval is None
    assert row.gains[B2].mean == pytest.approx(0.4, abs=0.1)


def test_budgets_come_with_the_device_that_was_timed(found):
    row = found.rows[0]
    assert row.cost == {"num_parameters": 1000.0, "giga_macs": 14.5, "latency_ms": 1500.0}
    assert (row.latency_on("a cpu"), row.latency_on("a gpu")) == (1500.0, None)


def test_who_was_the_champion_once_is_known_from_the_ledger(archive):
    reign = Reign("tiny", 1, "2026-01-01T10:00:00+00:00", "3, abc")
    rows = standings(dataclasses.replace(archive, reigns=(reign,)), no_rows).rows
    assert [row.reigned for row in rows] == [(), ("2026-01-01",)]


@pytest.mark.parametrize("suite", [SET5, SET5[:6]])
def test_a_suite_is_chosen_by_its_digest_and_lists_who_was_measured_there(archive, suite):
    found = standings(archive, no_rows, suite=suite)
    assert [board.digest for board in found.boards] == [SET5]
    assert [row.reference for row in found.rows] == ["tiny/2"]


def test_a_suite_is_chosen_by_its_name_which_may_mean_several_benchmarks(archive):
    found = standings(archive, no_rows, suite="held out")
    assert [board.digest for board in found.boards] == [B2, B1]


def test_an_unknown_suite_is_one_line_that_lists_what_is_there(archive):
    said = (
        rf"^no version was measured on suite 'held' \(there are: held out {B2[:12]} \(sr_y:x4:crop4\), "
        rf"benchmark {SET5[:12]} .*\); did you mean 'held out'\?$"
    )
    with pytest.raises(ProtocolError, match=said):
        standings(archive, no_rows, suite="held")


def test_only_the_newest_benchmarks_are_shown_when_a_page_is_small(archive):
    found = standings(archive, no_rows, most=1)
    assert ([board.digest for board in found.boards], found.left_out) == ([B2], 2)
    assert len(found.rows) == 2


def test_what_was_not_measured_or_is_no_number_comes_last():
    means = {
        "w1": {"psnr_db": float("nan")},
        "w2": {"psnr_db": float("inf")},
        "w4": {"psnr_db": 30.0},
    }
    versions = tuple(Version("m", n, "r", f"w{n}", released=n) for n in (1, 2, 3, 4))
    archive = Archive(
        versions=versions,
        models={version.weights: Model(version.weights, "student") for version in versions},
        measurements={(w, "b"): Measurement(w, "student", "b", means=m) for w, m in means.items()},
    )
    rows = standings(archive, no_rows).rows
    assert [row.reference for row in rows] == ["m/2", "m/4", "m/3", "m/1"]


def test_rows_that_are_not_finite_have_a_mean_without_an_interval(archive):
    table = past.rows(S2, B2)
    table.loc[0, "psnr_db"] = float("inf")
    values = standings(archive, lambda _: table.copy()).rows[0].values[B2]
    assert values["psnr_db"].interval is None
    assert values["ssim"].interval is not None


def test_nothing_released_is_an_empty_board():
    assert standings(Archive(), no_rows).rows == ()
