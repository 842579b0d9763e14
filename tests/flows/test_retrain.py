"""The whole way: what a first run leaves, what a second one reuses, what a change makes anew."""

import base64
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
from components.config import load_params
from components.errors import RegistryError
from components.programs import run_git
from components.tree import tree_digest
from flows.promote_student import Measured, promote_student
from flows.retrain import Retrained, retrain

STATIONS = ["dataset", "teacher", "student", "student", *["benchmark"] * 4]
NOBODY = "http://127.0.0.1:9"  # the port for discarding, where no registry listens


@dataclass(frozen=True)
class Seen:
    """What a run came to, and what was there after it."""

    result: Retrained
    runs: dict
    versions: list
    champion: str
    page: str

    @property
    def made(self):
        """Labels, or else stations, of what was not reused."""
        outcomes = [outcome.record for outcome in self.result.way.outcomes if not outcome.reused]
        return [getattr(record, "label", record.folder.parent.name) for record in outcomes]

    @property
    def verdict(self):
        return self.result.promotion.verdict


def go(trial):
    result = retrain(trial.params, trial)
    return Seen(
        result=result,
        runs={run.info.run_name: run for run in trial.runs()},
        versions=trial.versions(),
        champion=trial.champion().version,
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
    place.change("recipes.kdsr.student", learning_rate=1.0)
    return go(place)


# --- the first run


def test_every_station_of_a_first_run_is_made(first):
    outcomes = first.result.way.outcomes
    assert [outcome.record.folder.parent.name for outcome in outcomes] == STATIONS
    assert not any(outcome.reused for outcome in outcomes)


def test_the_first_student_becomes_the_champion(place, first):
    assert first.verdict.outcome == "first"
    assert (first.versions, first.champion) == ([1], 1)
    student = first.result.way.trained[1].record
    now = registry.champion(load_params(place.params).registry, place.tracking)
    assert now.weights_sha256 == student.sha256


def test_a_run_and_its_trainings_are_finished_runs_in_mlflow(first):
    parent = first.runs.pop(f"retrain {first.result.way.key[:8]}")
    assert set(first.runs) == {"teacher", "student", "student alone"}
    assert parent.info.status == "FINISHED"
    for child in first.runs.values():
        assert child.info.status == "FINISHED"
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    first.runs[parent.info.run_name] = parent
