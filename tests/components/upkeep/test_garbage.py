"""What stays and why: every kind of root, and what hangs on it."""

import dataclasses
from pathlib import PurePosixPath

import pytest

from components.keys import Key
from components.upkeep.garbage import Run, Scene, Version, reached
from components.upkeep.inventory import WorkFolder


def step(name, *, inputs=None, record=None, used=0):
    station, digest = name.split("/")
    key = Key(
        station=station,
        digest=digest,
        parameters={},
        inputs=inputs or {},
        modules={},
        versions={},
    )
    return WorkFolder(PurePosixPath(name), 1, used, key, record or {})


def chain(number):
    """The work of a whole way; everything in it ends with the number."""
    rows, taught, learned, suite = (f"{word}{number}" for word in ("rows", "wt", "ws", "suite"))
    return [
        step(f"dataset/d{number}", inputs={"data": "x"}, record={"rows_digest": rows}),
        step(f"teacher/t{number}", inputs={"dataset": rows}, record={"sha256": taught}),
        step(
            f"student/s{number}",
            inputs={"dataset": rows, "teacher": taught},
            record={"sha256": learned},
        ),
        step(f"benchmark/b{number}", inputs={"suite": suite, "weights": learned}),
        step(f"benchmark/r{number}", inputs={"suite": suite, "weights": ""}),
    ]


WORK = [folder for number in (1, 2, 3, 4) for folder in chain(number)]


def version(number, *aliases, name="m", weights=None):
    return Version(
        name, number, f"run{number}", f"ws{number}" if weights is None else weights, aliases
    )


def way(number, **facts):
    """The run of a whole way, seen at the time of its number."""
    facts = {"experiment": "kdsr", "key": f"k{number}", "seen": number} | facts
    return Run(run_id=f"run{number}", name=f"retrain {number}", **facts)


def kept(*, runs=(), versions=(), folders=(), since=None, champions=1):
    return reached(Scene(runs, versions, folders, since), keep_champions=champions)


def names_of(result):
    return sorted(result.folders)


def chain_names(number):
    return sorted(str(folder.name) for folder in chain(number))


def test_nothing_is_reached_from_nothing():
    result = kept(folders=WORK)
    assert (result.versions, result.runs, result.folders) == ({}, {}, {})


def test_a_version_in_service_keeps_its_student_teacher_data_and_reports():
    result = kept(versions=[version(1, "champion"), version(2), version(3)], folders=WORK)
    assert set(result.versions) == {("m", 1), ("m", 3)}
    assert names_of(result) == sorted(chain_names(1) + chain_names(3))


@pytest.mark.parametrize(("champions", "numbers"), [(1, {3}), (2, {2, 3}), (3, {1, 2, 3})])
def test_the_last_champions_stay(champions, numbers):
    versions = [version(number) for number in (2, 3, 1)]
    result = kept(versions=versions, folders=WORK, champions=champions)
    assert {number for _, number in result.versions} == numbers


def test_by_a_ledger_the_last_champions_stay_and_not_the_newest_versions():
    versions = [dataclasses.replace(version(n), term=term) for n, term in ((1, 8), (2, 5), (3, 0))]
    assert set(kept(versions=versions, champions=2).versions) == {("m", 1), ("m", 2)}


def test_the_last_champions_are_counted_for_each_model():
    result = kept(versions=[version(1), version(2), version(1, name="other")])
    assert set(result.versions) == {("m", 2), ("other", 1)}


def test_any_alias_keeps_a_version():
    result = kept(versions=[version(1, "fallback"), version(2, "champion")])
    assert result.versions == {("m", 1): "alias fallback", ("m", 2): "alias champion"}


def test_a_version_of_another_program_stays():
    result = kept(versions=[version(1, weights=""), version(2)])
    assert result.versions["m", 1] == "released by another program"


def test_the_run_of_a_version_stays_with_its_steps_and_all_its_work():
    folders = ("teacher/t1", "student/alone")
    runs = [way(1, folders=folders), way(9), Run("s", "student", "kdsr", "own", 1, parent="run1")]
    work = [*WORK, step("student/alone"), step("student/own"), step("student/other")]
    result = kept(runs=runs, versions=[version(1, "champion")], folders=work)
    assert result.runs["run1"] == "holds m version 1"
    assert result.runs["s"] == "a step of a run that stays"
    assert {"student/alone", "student/own"} < set(result.folders)
    assert "student/other" not in result.folders


def test_the_latest_run_of_each_experiment_stays():
    runs = [way(1), way(2), way(3, experiment="other"), way(4, parent="run1")]
    assert set(kept(runs=runs).runs) == {"run2", "run3"}


def test_the_run_that_was_last_gone_through_is_the_latest():
    runs = [way(1, seen=10), way(2, seen=5)]
    assert kept(runs=runs).runs == {"run1": "the latest run of kdsr"}


def test_a_run_that_has_not_ended_stays():
    runs = [way(1, is_open=True), way(2)]
    assert kept(runs=runs).runs["run1"] == "has not ended"


def test_the_weights_of_a_step_that_stays_are_found_in_a_run_of_an_older_program():
    """Without the list of folders, which it did not write."""
    runs = [way(1), Run("s", "student", "kdsr", "?", 1, parent="run1", weights="ws1")]
    assert names_of(kept(runs=runs, folders=WORK)) == chain_names(1)


def test_work_that_was_used_since_a_run_began_stays():
    work = [step("teacher/old", used=9), step("teacher/new", used=10)]
    assert names_of(kept(folders=work, since=10)) == ["teacher/new"]


def test_unfinished_work_of_the_latest_run_stays_and_older_does_not():
    work = [
        WorkFolder(PurePosixPath("teacher/cut short"), 1, 10),
        WorkFolder(PurePosixPath("teacher/long ago"), 1, 9),
    ]
    assert names_of(kept(folders=work, since=10)) == ["teacher/cut short"]


def test_work_that_is_used_keeps_what_it_was_made_from():
    work = [*WORK[:2], step(str(WORK[2].name), inputs=WORK[2].key.inputs, used=10)]
    result = kept(folders=work, since=10)
    assert names_of(result) == ["dataset/d1", "student/s1", "teacher/t1"]
    assert result.folders["teacher/t1"] == "student/s1 was made from it"


def test_a_reference_stays_only_beside_a_report_that_stays():
    result = kept(versions=[version(1)], folders=WORK)
    assert "benchmark/r1" in result.folders
    assert "benchmark/r2" not in result.folders


def test_no_weights_are_no_link():
    """A student alone and a reference both name an empty digest; neither keeps the other."""
    work = [
        step("student/alone", inputs={"dataset": "rows1", "teacher": ""}, used=10),
        step("benchmark/bicubic", inputs={"suite": "s", "weights": ""}),
        step("teacher/empty", record={"sha256": ""}),
    ]
    assert names_of(kept(folders=work, since=10)) == ["student/alone"]
