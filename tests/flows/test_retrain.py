"""The whole way: what a first run leaves, what a second one reuses, what a change makes anew."""

import re
from dataclasses import dataclass

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateName,
)

from components import registry
from components.archive import lineage, reading
from components.config import load_params
from components.errors import RegistryError
from components.versioning.programs import run_git
from components.versioning.tree import tree_digest
from flows.promote_student import Measured, promote_student
from flows.retrain import Retrained, retrain
from tests.document import Document

STUDENTS = ["student student", "student student alone"]
BENCHMARKS = [f"benchmark {name}" for name in ("teacher", "student", "student alone", "bicubic")]
NOBODY = "http://127.0.0.1:9"  # the port for discarding, where no registry listens


@dataclass(frozen=True)
class Seen:
    """What a run came to, and what was there after it."""

    result: Retrained
    runs: list
    versions: list
    champion: str
    page: str

    @property
    def made(self):
        """What was not reused, such as `student student` or `benchmark bicubic`."""
        records = [outcome.record for outcome in self.result.way.outcomes if not outcome.reused]
        return [f"{r.folder.parent.name} {getattr(r, 'label', '')}".strip() for r in records]

    @property
    def verdict(self):
        return self.result.promotion.verdict

    @property
    def parent(self):
        """The MLflow run of the whole way."""
        name = f"retrain {self.result.way.key[:8]}"
        (found,) = (run for run in self.runs if run.info.run_name == name)
        return found

    @property
    def steps(self):
        """The MLflow runs that are its steps, by name."""
        parent = self.parent.info.run_id
        ours = [run for run in self.runs if run.data.tags.get("mlflow.parentRunId") == parent]
        return {run.info.run_name: run for run in ours}


def go(trial):
    result = retrain(trial.params, trial)
    return Seen(
        result=result,
        runs=trial.runs(),
        versions=trial.versions(),
        champion=trial.champion(),
        page=result.report.read_text(),
    )


@pytest.fixture(scope="module")
def place(new_trial):
    """A checkout with its parameters committed to git."""
    trial = new_trial()
    (trial.root / ".gitignore").write_text("/data\n/mlruns\n")
    run_git(trial.root, "init", "--quiet", "--initial-branch=main")
    run_git(trial.root, "config", "user.name", "Restill")
    run_git(trial.root, "config", "user.email", "restill@example.org")
    run_git(trial.root, "add", ".")
    run_git(trial.root, "commit", "--quiet", "--message", "Begin")
    return trial


# Each run follows the one before it, in the same checkout.


@pytest.fixture(scope="module")
def first(place, server):
    return go(place)


@pytest.fixture(scope="module")
def second(place, first):
    return go(place)


@pytest.fixture(scope="module")
def other_margin(place, second):
    place.change("gate", min_gain_db=0.5)
    return go(place)


@pytest.fixture(scope="module")
def worse(place, other_margin):
    # One point of the curve alone: no loss can be called exploded.
    place.change("recipes.kdsr.student", learning_rate=1.0, validate_every=4)
    return go(place)


# --- the first run


def test_every_station_of_a_first_run_is_made(first):
    assert first.made == ["dataset", "teacher teacher", *STUDENTS, *BENCHMARKS]


def test_the_first_student_becomes_the_champion(place, first):
    assert first.verdict.outcome == "first"
    assert (first.versions, first.champion) == (["1"], "1")
    student = first.result.way.trained[1].record
    now = registry.champion(load_params(place.params).registry, place.tracking)
    assert now.weights_sha256 == student.sha256


def test_a_run_and_its_trainings_are_finished_runs_in_mlflow(first):
    assert set(first.steps) == {"teacher", "student", "student alone"}
    assert len(first.runs) == 4
    assert {run.info.status for run in first.runs} == {"FINISHED"}


def test_mlflow_has_every_parameter_of_the_run(first):
    params = first.parent.data.params
    assert params["recipe"] == "kdsr"
    assert params["recipes.kdsr.student.learning_rate"] == "0.001"
    assert params["recipes.kdsr.network.channels"] == "4"
    assert params["gate.min_gain_over_reference_db"] == "-20.0"


def test_mlflow_has_every_mean_of_the_benchmark(first):
    for outcome in first.result.way.reports:
        report = outcome.record
        for metric, value in report.mean.items():
            assert first.parent.data.metrics[f"{report.label}/{metric}"] == value
    assert len(first.parent.data.metrics) == 8


@pytest.mark.parametrize("label", ["teacher", "student", "student alone"])
def test_mlflow_has_the_curve_of_every_training(place, first, label):
    run_id = first.steps[label].info.run_id
    with place.tracking.asking() as client:
        for metric in ("loss", "l1", "validation_psnr_db", "learning_rate"):
            points = client.get_metric_history(run_id, metric)
            assert [point.step for point in points] == [2, 4]


def test_mlflow_names_the_version_of_the_data(place, first):
    digest = tree_digest(place.data)
    for run in first.runs:
        (used,) = run.inputs.dataset_inputs
        assert used.dataset.digest == digest
    assert first.parent.data.tags["restill.data"] == digest


def test_mlflow_names_the_commit(place, first):
    tags = first.parent.data.tags
    assert tags["restill.git.commit"] == run_git(place.root, "rev-parse", "HEAD")
    assert tags["restill.git.branch"] == "main"
    assert tags["restill.git.dirty"] == "no"


def test_mlflow_has_the_page_and_a_row_for_every_picture(place, first):
    with place.tracking.asking() as client:
        run_id = first.parent.info.run_id
        files = {file.path for file in client.list_artifacts(run_id)}
        tables = {file.path for file in client.list_artifacts(run_id, "images")}
    assert files >= {"report.html", "images"}
    labels = ("teacher", "student", "student alone", "bicubic")
    assert tables == {f"images/{label}.parquet" for label in labels}


def test_the_page_names_verdict_model_and_commit(place, first):
    assert "Promoted" in first.page
    assert "restill-kdsr version 1" in first.page
    assert run_git(place.root, "rev-parse", "HEAD")[:7] in first.page


def test_the_summary_says_what_was_made_and_who_is_the_champion(place, first):
    lines = first.result.summary.splitlines()
    assert sum(line.endswith(": made") for line in lines) == 8
    assert "champion: restill-kdsr version 1" in lines
    assert lines[-1] == f"report: {place.mlruns / 'report.html'}"


def test_the_champion_leads_back_to_data_commit_teacher_and_benchmark(place, first):
    archive = reading.read(place.tracking, place.workplace.store)
    found = lineage.ancestry(archive, "restill-kdsr@champion")
    teacher, student, _ = (outcome.record for outcome in first.result.way.trained)
    assert (found.data, found.way.commit) == (
        tree_digest(place.data),
        run_git(place.root, "rev-parse", "HEAD"),
    )
    assert (found.teacher.weights, found.student.weights) == (teacher.sha256, student.sha256)
    (measured,) = found.measurements
    assert measured.means == first.result.way.reports[1].record.mean
    assert len(found.reigns) == 1
    members = lineage.descent(archive, tree_digest(place.data)).members
    assert [(m.model.label, m.trained, m.tested) for m in members] == [
        ("student alone", True, True),
        ("teacher", True, True),
        ("student", True, True),
    ]


def test_the_page_ranks_the_versions_and_draws_what_came_of_the_data(place, first):
    text = Document(first.page)
    assert "restill-kdsr/1 champion" in text.text
    assert f"by protocol {first.result.way.suite.protocol_id}, test pictures of data" in text.text
    drawn = [chart["aria-label"] for chart in text.all("svg")]
    assert any("restill-kdsr of student" in label for label in drawn)


def artifacts_in_prefect(key):
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        return client.read_artifacts(artifact_filter=wanted)


def test_prefect_has_a_table_of_every_station(first):
    for outcome in first.result.way.outcomes:
        record = outcome.record
        tables = artifacts_in_prefect(record.folder.parent.name)
        assert {a.type for a in tables if f"(key {record.key})" in a.description} == {"table"}


def test_prefect_shows_pictures_curves_and_the_verdict(first):
    for station in ("dataset", "teacher", "student", "benchmark"):
        images = artifacts_in_prefect(f"{station}-image")
        assert images, station
        assert all(re.match(r"data:image/[\w+]+;base64,.{100}", image.data) for image in images)
    words = {artifact.data for artifact in artifacts_in_prefect("gate")}
    assert any("**first**" in text and first.verdict.reasons[0] in text for text in words)


# --- the same again


def test_a_second_run_reuses_every_outcome(second):
    assert second.made == []


def test_a_second_run_adds_no_run_and_no_version(first, second):
    assert [run.info.run_id for run in second.runs] == [run.info.run_id for run in first.runs]
    assert (second.versions, second.champion) == (["1"], "1")


def test_a_second_run_is_unchanged_and_says_so(second):
    assert second.verdict.outcome == "unchanged"
    assert second.result.promotion.release is None
    assert "Unchanged" in second.page


def test_the_run_that_made_the_champion_keeps_its_verdict(first, second):
    assert first.parent.data.tags["restill.verdict"] == "first"
    assert second.parent.data.tags["restill.verdict"] == "first"


def test_prefect_calls_a_reused_step_reused(second):
    reused = TaskRunFilterState(name=TaskRunFilterStateName(any_=["Reused"]))
    with get_client(sync_client=True) as client:
        tasks = client.read_task_runs(task_run_filter=TaskRunFilter(state=reused))
    said = {task.state.message for task in tasks}
    records = [outcome.record for outcome in second.result.way.outcomes]
    assert said >= {f"{record.folder.parent.name} {record.key}" for record in records}


# --- changes


def test_another_margin_trains_and_measures_nothing(other_margin):
    assert other_margin.made == []
    assert other_margin.verdict.outcome == "unchanged"


def test_another_parameter_of_the_student_makes_the_student_alone(worse):
    assert worse.made == [*STUDENTS, *BENCHMARKS[1:3]]
    assert set(worse.steps) == {"student", "student alone"}


def test_a_worse_student_is_rejected_and_the_champion_stays(worse):
    assert worse.verdict.outcome == "rejected"
    assert worse.verdict.gain_db < -1
    assert (worse.versions, worse.champion) == (["1"], "1")
    assert "Refused" in worse.page
    assert worse.parent.data.tags["restill.verdict"] == "rejected"


def test_the_champion_is_measured_on_the_same_benchmark(worse):
    before = worse.result.promotion.champion_report
    assert before.benchmark_digest == worse.result.way.suite.digest
    assert before.weights_sha256 == worse.result.promotion.before.weights_sha256


def test_a_run_of_changed_files_carries_its_patch(place, worse):
    assert worse.parent.data.tags["restill.git.dirty"] == "yes"
    with place.tracking.asking() as client:
        files = {file.path for file in client.list_artifacts(worse.parent.info.run_id)}
    assert "git.patch" in files


def test_a_deleted_weights_file_is_named_and_made_again_to_the_last_bit(place, worse, caplog):
    before = worse.result.way.trained[0].record
    weights = place.workplace.store.path(before, "weights.safetensors")
    weights.unlink()
    after = go(place)
    assert f"{weights}: is missing; the step is done again" in caplog.text
    assert after.made == ["teacher teacher"]
    assert after.result.way.trained[0].record.sha256 == before.sha256
    assert [run.info.run_id for run in after.runs] == [run.info.run_id for run in worse.runs]


# --- a registry that does not answer


def test_a_registry_that_does_not_answer_is_an_error_of_the_run(place, worse, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    with pytest.raises(RegistryError, match=rf"^MLflow at {NOBODY}: "):
        retrain(place.params, place)
    monkeypatch.undo()
    assert (place.versions(), place.champion()) == (["1"], "1")


def test_a_champion_that_cannot_be_asked_for_is_no_missing_champion(place, worse, monkeypatch):
    way = worse.result.way
    references = (way.reports[-1].record,)
    student = Measured(way.trained[1].record, way.reports[1].record, references)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NOBODY)
    judged = promote_student(student, way.suite, way.params, place, worse.parent.info.run_id)
    monkeypatch.undo()
    assert (judged.verdict.passed, judged.verdict.outcome) == (False, "rejected")
    assert judged.verdict.reasons[0].startswith(f"not judged: MLflow at {NOBODY}: ")
    assert judged.release is None
    assert (place.versions(), place.champion()) == (["1"], "1")
