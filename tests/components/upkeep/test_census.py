"""The census: what MLflow holds, page by page, and the end of a run's files."""

import pytest

from components import registry
from components.errors import RegistryError
from components.tracking import GC, SEEN, Facts, RunName, Tracking
from components.upkeep import census


@pytest.fixture(autouse=True)
def no_registry_elsewhere(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    """A database for all tests; each has an experiment and a model of its own name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        tracking = Tracking(tmp_path_factory.mktemp("mlruns"))
        with tracking.asking() as client:
            client.search_experiments()
        yield tracking


@pytest.fixture
def own(request):
    """A name of the test's own."""
    return request.node.name


def record(tracking, own, key="k", *, parent=None, facts=None):
    facts = facts or Facts(files={"page.html": b"page"})
    run_id = tracking.record(RunName(own, f"name of {key}", key, parent=parent), facts)
    return next(run for run in census.runs(tracking) if run.run_id == run_id)


def version_of(tracking, own, run, *, weights="w", alias=None):
    tags = {"weights_sha256": weights} if weights else {}
    with tracking.asking() as client:
        if own not in {model.name for model in client.search_registered_models()}:
            client.create_registered_model(own)
        made = client.create_model_version(own, str(run.artifacts), run.run_id, tags=tags)
        if alias:
            client.set_registered_model_alias(own, alias, str(made.version))
    return next(v for v in versions(tracking, own) if v.number == int(made.version))


def versions(tracking, own):
    return [version for version in census.versions(tracking) if version.name == own]


def nobody():
    """Nobody is about to change the champion."""
    return False


def tags_of(tracking, run):
    with tracking.asking() as client:
        return client.get_run(run.run_id).data.tags


def test_a_run_is_listed_with_all_that_it_holds(tracking, own):
    tags = {"restill.weights": "w", "restill.folders": "teacher/1 student/2", SEEN: "77"}
    parent = record(tracking, own)
    run = record(tracking, own, "k2", parent=parent.run_id, facts=Facts(tags=tags))
    assert (run.name, run.experiment, run.key) == ("name of k2", own, "k2")
    assert (run.parent, run.weights, run.seen) == (parent.run_id, "w", 77)
    assert run.folders == ("teacher/1", "student/2")
    assert not run.is_open
    assert run.artifacts is None  # it has no files
    assert parent.artifacts == tracking.root / "artifacts" / parent.run_id


def test_an_open_run_is_open(tracking, own):
    with tracking.run(RunName(own, "open", "open")) as run_id:
        assert [run.is_open for run in census.runs(tracking) if run.run_id == run_id] == [True]


def test_a_run_that_another_program_made_is_not_listed(tracking, own):
    with tracking.asking() as client:
        experiment = client.create_experiment(own)
        foreign = client.create_run(experiment).info.run_id
    assert foreign not in {run.run_id for run in census.runs(tracking)}


def test_files_that_lie_elsewhere_are_not_ours(tracking, own, tmp_path):
    with tracking.asking() as client:
        client.create_experiment(own, (tmp_path / "elsewhere").as_uri())
    assert record(tracking, own).artifacts is None


def test_nothing_is_missed_on_a_later_page(tracking, own, monkeypatch):
    monkeypatch.setattr(census, "_A_PAGE", 2)
    made = {record(tracking, own, f"k{number}").run_id for number in range(5)}
    assert made <= {run.run_id for run in census.runs(tracking)}
    run = record(tracking, own)
    for number in range(5):
        version_of(tracking, own, run, weights=f"w{number}")
    assert {version.number for version in versions(tracking, own)} == {1, 2, 3, 4, 5}


def test_a_version_is_listed_with_run_weights_and_aliases(tracking, own):
    run = record(tracking, own)
    version = version_of(tracking, own, run, alias="champion")
    assert (version.run_id, version.weights, version.number) == (run.run_id, "w", 1)
    assert version.aliases == ("champion",)
    assert version_of(tracking, own, run, weights="").weights == ""


def test_a_retired_version_is_no_longer_listed_nor_found(tracking, own):
    version = version_of(tracking, own, record(tracking, own))
    assert census.retire(version, tracking, nobody)
    assert versions(tracking, own) == []
    gone = rf"^{own} version 1: its files were removed by `restill gc` on 20"
    with pytest.raises(RegistryError, match=gone):
        registry.resolve(f"{own}/1", tracking)


def test_a_ledger_holds_no_files_and_keeps_nothing(tracking, own):
    run = record(tracking, own)
    with tracking.asking() as client:
        client.create_registered_model(f"{own}.ledger")
        tags = {"restill.entry": "{}"}
        client.create_model_version(f"{own}.ledger", str(run.artifacts), run.run_id, tags=tags)
    assert f"{own}.ledger" not in {version.name for version in census.versions(tracking)}
    assert census.discard(run, tracking)


def test_a_version_that_may_become_the_champion_just_now_is_not_retired(tracking, own):
    version = version_of(tracking, own, record(tracking, own))
    assert not census.retire(version, tracking, lambda: True)
    assert len(versions(tracking, own)) == 1


def test_a_version_that_became_the_champion_meanwhile_is_not_retired(tracking, own):
    version = version_of(tracking, own, record(tracking, own))
    with tracking.asking() as client:
        client.set_registered_model_alias(own, "champion", "1")
    assert not census.retire(version, tracking, nobody)
    assert len(versions(tracking, own)) == 1


def test_a_discarded_run_loses_its_files_and_keeps_its_row(tracking, own):
    run = record(tracking, own, facts=Facts(metrics={"psnr": 30.0}, files={"a/b.txt": b"x"}))
    assert census.discard(run, tracking)
    assert not run.artifacts.exists()
    assert run.artifacts.parent.is_dir()
    assert tags_of(tracking, run)[GC].startswith("20")
    with tracking.asking() as client:
        assert client.get_run(run.run_id).data.metrics == {"psnr": 30.0}


def test_the_same_work_after_that_is_another_run_with_its_files(tracking, own):
    run = record(tracking, own)
    assert census.discard(run, tracking)
    again = record(tracking, own)
    assert again.run_id != run.run_id
    assert (again.artifacts / "artifacts/page.html").read_bytes() == b"page"


def test_a_run_that_is_open_again_is_not_discarded(tracking, own):
    run = record(tracking, own)
    with tracking.run(RunName(own, run.name, run.key)):  # lent, as it is finished
        assert not census.discard(run, tracking)
    assert run.artifacts.is_dir()


def test_a_run_that_was_gone_through_meanwhile_is_not_discarded(tracking, own):
    run = record(tracking, own)
    tracking.add(run.run_id, Facts(tags={SEEN: "99999999999999"}))
    assert not census.discard(run, tracking)
    assert run.artifacts.is_dir()


def test_a_run_with_a_version_that_is_not_retired_is_not_discarded(tracking, own):
    run = record(tracking, own)
    version = version_of(tracking, own, run)
    assert not census.discard(run, tracking)
    assert run.artifacts.is_dir()
    assert census.retire(version, tracking, nobody)
    assert census.discard(run, tracking)


def test_a_discard_that_was_cut_off_is_found_again(tracking, own):
    run = record(tracking, own)
    with tracking.asking() as client:
        client.set_tag(run.run_id, GC, "2026-01-01T00:00:00+00:00")
    found = next(r for r in census.runs(tracking) if r.run_id == run.run_id)
    assert found.artifacts == run.artifacts
    assert census.discard(found, tracking)


def test_a_missing_database_is_an_error_and_is_not_made(tmp_path):
    for ask in (census.runs, census.versions):
        with pytest.raises(RegistryError, match=r"mlflow\.db: is missing, so nobody knows which"):
            ask(Tracking(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    for ask in (census.runs, census.versions):
        with pytest.raises(RegistryError, match=r"^MLflow at http://127\.0\.0\.1:9: "):
            ask(Tracking(tmp_path))
