"""What is read from MLflow: versions, runs, and what is said when it cannot be."""

import pytest

from components.archive import logged as logged_
from components.archive.logged import read_logged
from components.errors import RegistryError
from components.tracking import GC, Tracking
from tests import past
from tests.past import A2, B2, D2, S2


@pytest.fixture(scope="module")
def logged(world):
    return read_logged(world[0])


def test_every_version_is_read_with_what_its_tags_say(logged):
    one, two = logged.versions
    assert (one.reference, one.aliases, one.is_champion) == ("tiny/1", (), False)
    assert (two.reference, two.aliases, two.is_champion) == ("tiny/2", ("champion",), True)
    assert (two.weights, two.data, two.benchmark) == (S2, D2, B2)
    assert (two.recipe, two.protocol, two.verdict) == ("kdsr", past.PROTOCOL, "better")
    assert two.means == pytest.approx(past.means(S2, B2), rel=1e-5)
    assert one.released <= two.released


def test_a_run_is_read_with_code_parameters_and_networks(logged):
    two = logged.ways[logged.versions[1].run_id]
    assert (two.name, two.data, two.verdict) == (f"retrain {D2[:4]}", D2, "better")
    assert (two.commit, two.dirty) == (past.COMMIT, True)
    assert two.params == {"seed": "0", "recipe": "kdsr"}
    assert two.weights == past.TWO.weights
    assert two.means["student alone"] == past.means(A2, B2)


def test_a_version_of_another_program_is_left_out(world, logged):
    tracking, _ = world
    with tracking.asking() as client:
        client.create_registered_model("foreign")
        client.create_model_version("foreign", "somewhere")
    assert read_logged(tracking) == logged


def test_a_version_whose_files_were_removed_keeps_its_lineage(world, monkeypatch):
    tracking, _ = world
    with tracking.asking() as client:
        client.set_model_version_tag("tiny", "1", GC, "2026-03-01")
    assert read_logged(tracking).versions[0].removed == "2026-03-01"
    with tracking.asking() as client:
        client.delete_model_version_tag("tiny", "1", GC)


def test_an_old_run_names_its_networks_by_its_steps(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    tracking = Tracking(tmp_path)
    run_id = past.record(tracking, past.ONE)
    with tracking.asking() as client:
        for label in past.ONE.weights:
            client.delete_tag(run_id, f"restill.{label}.weights")
    found = read_logged(tracking)
    assert found.ways[run_id].weights == past.ONE.weights


def test_nothing_is_missed_on_a_later_page(world, logged, monkeypatch):
    monkeypatch.setattr(logged_, "_A_PAGE", 1)
    assert read_logged(world[0]) == logged


def test_a_missing_database_is_an_error_and_is_not_made(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(RegistryError, match=r"mlflow\.db: is missing, so no run was ever recorded"):
        read_logged(Tracking(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_is_down_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(RegistryError, match=r"^MLflow at http://127\.0\.0\.1:9: "):
        read_logged(Tracking(tmp_path))
