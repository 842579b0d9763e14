"""`restill why`: what would be reused, what would run again, and the reason by its name."""

import json

import pytest

from components import benchmark, dataset, student, teacher
from components.config import load_params
from components.errors import ConfigError
from components.store import RECORD
from flows.explain_steps import explain_steps

NAMES = [
    "dataset",
    *("teacher", "student", "student alone"),
    *("teacher", "student", "student alone", "bicubic"),
]


def go(trial):
    """Do all steps, without Prefect and MLflow."""
    params, workplace = load_params(trial.params), trial.workplace
    recipe, seed = params.chosen, params.seed
    manifest = dataset.prepare(params.data, workplace=workplace).record
    taught = teacher.train_teacher(manifest, recipe, seed=seed, workplace=workplace).record
    learned = [
        train(manifest, taught, recipe, seed=seed, workplace=workplace).record
        for train in (student.distil_student, student.train_alone)
    ]
    entries = [benchmark.contender(record, workplace) for record in (taught, *learned)]
    suite = benchmark.held_out(manifest, recipe, workplace)
    for entry in (*entries, *benchmark.references(recipe)):
        benchmark.measure(entry, suite, workplace=workplace)


@pytest.fixture
def done(trial):
    """A checkout whose steps are all done."""
    go(trial)
    return trial


def why(trial, station=""):
    return explain_steps(load_params(trial.params), trial, station)


def verdicts(trial):
    return [step.verdict for step in why(trial)]


def one(trial, name, station):
    (found,) = (step for step in why(trial, station) if step.name == name)
    return found


def files(trial):
    """Every file with its bytes and times."""
    found = (path for path in sorted(trial.root.rglob("*")) if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def test_nothing_done_is_no_earlier_record(trial):
    first, *others = why(trial)
    assert (first.verdict, first.reasons) == ("would run", ("no earlier record",))
    assert {step.verdict for step in others} == {"waits"}
    assert {step.reasons for step in others} == {("its input dataset would be made anew",)}


def test_what_is_done_is_reused_and_named_in_order(done):
    steps = why(done)
    assert [step.name for step in steps] == NAMES
    assert {step.verdict for step in steps} == {"reused"}
    assert all((done.workplace.store.root / step.record.folder).is_dir() for step in steps)


def test_looking_writes_nothing(done):
    before = files(done)
    why(done)
    assert files(done) == before


def test_a_parameter_is_named_with_both_values_and_only_its_steps_run(done):
    done.change("recipes.kdsr.student", learning_rate=3e-3)
    step = one(done, "student", "student")
    assert step.verdict == "would run"
    assert step.reasons == ("recipes.kdsr.student.learning_rate: 0.001 -> 0.003",)
    assert (done.workplace.store.root / step.against / RECORD).is_file()
    expected = ["reused", "reused", "would run", "would run", "reused", "waits", "waits", "reused"]
    assert verdicts(done) == expected
    waits = one(done, "student", "benchmark")
    assert waits.reasons == ("its input student would be made anew",)


def test_a_teacher_that_would_run_makes_its_student_wait_and_not_the_one_alone(done):
    done.change("recipes.kdsr.teacher", steps=5)
    assert one(done, "teacher", "teacher").reasons == ("recipes.kdsr.teacher.steps: 4 -> 5",)
    assert one(done, "student", "student").reasons == ("its input teacher would be made anew",)
    assert one(done, "student alone", "student").verdict == "reused"


def test_the_seed_is_named_as_it_stands_in_the_file(done):
    done.change("", seed=7)
    assert one(done, "teacher", "teacher").reasons == ("seed: 0 -> 7",)


def test_other_pictures_are_an_input(done):
    done.draw("data/another.png", seed=99)
    (reason,) = one(done, "dataset", "dataset").reasons
    assert reason.startswith("input data: ")
    done.change("data.source", validation=0.4)
    assert any(
        reason.startswith("data.source.validation: ")
        for reason in one(done, "dataset", "dataset").reasons
    )


def test_missing_pictures_are_said_to_be_missing(done):
    for file in done.data.iterdir():
        file.unlink()
    assert one(done, "dataset", "dataset").reasons == (f"{done.data}: is missing or empty",)


def test_a_damaged_file_is_named(done):
    record = one(done, "teacher", "teacher").record
    weights = done.workplace.store.path(record, "weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    step = one(done, "teacher", "teacher")
    assert step.verdict == "would run"
    assert step.reasons[0].startswith(f"{weights}: has ")


def test_an_older_module_and_library_are_named(done):
    """A record as an older program would have left it, under its own key."""
    record = one(done, "teacher", "teacher").record
    folder = done.workplace.store.root / record.folder
    older = folder.with_name("f" * 32)
    folder.rename(older)
    entry = json.loads((older / RECORD).read_text())
    entry["key"]["digest"] = older.name
    entry["key"]["modules"]["components.training.loop"] = "older"
    entry["key"]["modules"]["components.gone"] = "older"
    entry["key"]["versions"]["torch"] = "2.0.0"
    (older / RECORD).write_text(json.dumps(entry))
    step = one(done, "teacher", "teacher")
    assert step.against == f"teacher/{older.name}"
    assert "module components.training.loop: changed" in step.reasons
    assert "module components.gone: gone" in step.reasons
    assert any(reason.startswith("torch: 2.0.0 -> ") for reason in step.reasons)


def test_a_station_answers_alone(done):
    assert [step.name for step in why(done, "student")] == ["student", "student alone"]


def test_an_unknown_station_is_refused_with_those_that_there_are(trial):
    known = r"^techer: no such station \(there are: dataset, teacher, student, benchmark\)"
    with pytest.raises(ConfigError, match=known + "; did you mean 'teacher'"):
        why(trial, "techer")


def test_the_keys_are_those_that_the_stations_work_under(done):
    """Every record is found by `why`: there is no other."""
    found = {step.record.folder.as_posix() for step in why(done)}
    root = done.workplace.store.root
    assert found == {
        file.parent.relative_to(root).as_posix() for file in root.glob("*/*/" + RECORD)
    }


def test_the_command_prints_a_line_a_step_and_its_reasons(done, new_shell):
    done.change("recipes.kdsr.teacher", steps=5)
    before = files(done)
    said = new_shell().run(done.root, "why")
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[0].startswith("dataset    dataset        reused dataset/")
    assert lines[1].startswith("teacher    teacher        would run, against teacher/")
    assert lines[2] == "    recipes.kdsr.teacher.steps: 4 -> 5"
    assert lines[4] == "    its input teacher would be made anew"
    assert files(done) == before
    assert not (done.root / ".restill").exists()
