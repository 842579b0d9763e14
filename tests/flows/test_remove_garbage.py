"""`restill gc`: what goes, what stays, and that nothing goes when nobody knows what is in service."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from components import registry
from components.artifacts import BenchmarkReport, Checkpoint, Cost, Manifest, name_of
from components.errors import RegistryError
from components.keys import Key
from components.tracking import GC, SEEN, Facts, RunName
from components.upkeep import census, inventory
from flows.environment import Checkout
from flows.remove_garbage import garbage_of
from flows.retrain import retrain

HOUR = 3600 * 10**9
MODEL = "restill-kdsr"


@dataclass(frozen=True)
class Yard:
    """A checkout whose history the tests write themselves, hours ago."""

    checkout: Checkout
    tracking: object

    @property
    def store(self):
        return self.checkout.workplace.store

    def step(self, name, *, rows="", teacher="", weights="", suite="", hours_ago=5):
        """Do a step: of the store's own, with a record and a file, used hours ago."""
        station, digest = name.split("/")
        inputs = {
            "dataset": {"data": "d"},
            "teacher": {"dataset": rows},
            "student": {"dataset": rows, "teacher": teacher},
            "benchmark": {"suite": suite, "weights": weights},
        }[station]
        key = Key(
            station=station, digest=digest, parameters={}, inputs=inputs, modules={}, versions={}
        )
        make, kind = {
            "dataset": (lambda folder: manifest_in(folder, rows), Manifest),
            "benchmark": (lambda folder: report_in(folder, weights), BenchmarkReport),
        }.get(station, (lambda folder: checkpoint_in(folder, weights), Checkpoint))
        self.store.once(key, kind, make)
        then = time.time_ns() - hours_ago * HOUR
        os.utime(self.store.root / name / "record.json", ns=(then, then))
        return name

    def chain(self, mark, hours_ago=5):
        """Do the steps of a whole way; return their folders."""
        rows, taught, learned, suite = (f"{word} {mark}" for word in ("rows", "wt", "ws", "suite"))
        return [
            self.step(f"dataset/{mark}", rows=rows, hours_ago=hours_ago),
            self.step(f"teacher/{mark}", rows=rows, weights=taught, hours_ago=hours_ago),
            self.step(
                f"student/{mark}", rows=rows, teacher=taught, weights=learned, hours_ago=hours_ago
            ),
            self.step(f"benchmark/{mark}", suite=suite, weights=learned, hours_ago=hours_ago),
            self.step(f"benchmark/{mark}-bicubic", suite=suite, hours_ago=hours_ago),
        ]

    def run(self, mark, folders, *, seen, experiment="kdsr"):
        """Record the run of a whole way, with its student's, its files and its page."""
        tags = {"restill.folders": " ".join(folders), SEEN: str(seen)}
        facts = Facts(tags=tags, files={"report.html": b"page", "images/student.parquet": b"rows"})
        parent = self.tracking.record(RunName(experiment, f"retrain {mark}", f"way {mark}"), facts)
        step = RunName(experiment, "student", mark, parent=parent)
        self.tracking.record(step, Facts(tags={"restill.weights": f"ws {mark}"}))
        page = self.checkout.mlruns / "reports" / f"{f'way {mark}'[:12]}.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text("page")
        return parent

    def version(self, mark, run_id, *, alias=None):
        """Release a student."""
        facts = Facts(files={f"release-{mark}/MLmodel": b"model"})
        self.tracking.add(run_id, facts)
        source = self.files_of(run_id) / f"artifacts/release-{mark}"
        with self.tracking.asking() as client:
            if MODEL not in {model.name for model in client.search_registered_models()}:
                client.create_registered_model(MODEL)
            tags = {"weights_sha256": f"ws {mark}"}
            made = client.create_model_version(MODEL, source.as_uri(), run_id, tags=tags)
            if alias:
                client.set_registered_model_alias(MODEL, alias, str(made.version))

    def files_of(self, run_id):
        return self.checkout.mlruns / "artifacts" / run_id

    def goes(self, keep_champions=3):
        """What would go, by its path."""
        return {item.what for item in garbage_of(self.checkout, keep_champions=keep_champions)}

    def collect(self, keep_champions=3):
        """Remove what goes; return what was removed."""
        items = garbage_of(self.checkout, keep_champions=keep_champions)
        return {item.what for item in items if item.remove()}

    def tags(self, run_id):
        with self.tracking.asking() as client:
            return client.get_run(run_id).data.tags


def work(folders):
    return {f"work/{name}" for name in folders}


def manifest_in(folder, rows):
    (folder / "manifest.parquet").write_bytes(b"rows")
    return Manifest(
        folder=name_of(folder), data_digest="d", rows_digest=rows, counts={}, num_bytes=4
    )


def checkpoint_in(folder, weights):
    (folder / "weights.safetensors").write_bytes(b"weights")
    return Checkpoint(
        folder=name_of(folder),
        label="student",
        recipe="kdsr",
        model={},
        sha256=weights,
        num_parameters=1,
        data_digest="d",
        seed=0,
        train_seconds=1.0,
        validation=30.0,
    )


def report_in(folder, weights):
    (folder / "images.parquet").write_bytes(b"rows")
    return BenchmarkReport(
        folder=name_of(folder),
        label="student",
        protocol="sr_y",
        benchmark_digest="b",
        num_images=1,
        mean={},
        slices={},
        cost=Cost(num_parameters=1, giga_macs=1.0, latency_ms=1.0, device="cpu"),
        weights_sha256=weights,
    )


@pytest.fixture
def yard(new_trial):
    trial = new_trial()
    with trial.tracking.asking() as client:
        client.search_experiments()
    return Yard(Checkout(trial.root), trial.tracking)


def files(folder):
    """Every file of a folder with its bytes, but for locks and the database."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and path.suffix != ".lock" and not path.name.startswith("mlflow.db")
    }


@pytest.fixture
def history(yard):
    """Four releases, two more runs that were rejected; the last of them is the latest."""
    runs = {}
    for number, mark in enumerate("abcdef"):
        runs[mark] = yard.run(mark, yard.chain(mark), seen=number)
    for mark in "abcd":
        yard.version(mark, runs[mark], alias="champion" if mark == "d" else None)
    return runs


def test_what_no_champion_and_no_latest_run_needs_goes(yard, history):
    gone = {*"ae"}
    expected = {f"artifacts/{history[mark]}" for mark in gone}
    expected |= {f"reports/way {mark}.html" for mark in gone}
    for mark in gone:
        names = (f"dataset/{mark}", f"teacher/{mark}", f"student/{mark}")
        expected |= work((*names, f"benchmark/{mark}", f"benchmark/{mark}-bicubic"))
    assert yard.goes() == expected


def test_what_goes_is_removed_and_all_else_stays(yard, history):
    before = files(yard.checkout.root)
    gone = yard.collect()
    after = files(yard.checkout.root)
    lost = {f"{path.relative_to('mlruns')}" for path in before.keys() - after.keys()}
    assert all(any(path.startswith(what) for what in gone) for path in lost)
    assert all(any(path.startswith(what) for path in lost) for what in gone)
    assert {path: before[path] for path in after} == after
    assert yard.goes() == set()


def test_looking_removes_nothing(yard, history):
    before = files(yard.checkout.root)
    assert yard.goes()
    assert files(yard.checkout.root) == before
    assert GC not in yard.tags(history["a"])


def test_a_run_without_files_stays_in_the_database_and_says_when(yard, history):
    yard.collect()
    assert yard.tags(history["a"])[GC].startswith("20")
    assert GC not in yard.tags(history["d"])
    assert len(census.runs(yard.tracking)) == 12
    assert {version.number for version in census.versions(yard.tracking)} == {2, 3, 4}


def test_fewer_champions_may_be_kept_and_an_alias_always_holds(yard, history):
    with yard.tracking.asking() as client:
        client.set_registered_model_alias(MODEL, "champion", "1")  # as after a rollback
    yard.collect(keep_champions=1)
    assert {version.number for version in census.versions(yard.tracking)} == {1, 4}
    assert (yard.files_of(history["a"]) / "artifacts/release-a/MLmodel").is_file()
    assert (yard.store.root / "teacher/a/weights.safetensors").is_file()
    assert not yard.files_of(history["b"]).exists()


def test_a_champions_work_stays_when_its_run_names_no_folders(yard):
    """As runs of earlier versions of this program do not."""
    folders = yard.chain("a")
    yard.version("a", yard.run("a", [], seen=1), alias="champion")
    yard.run("b", [], seen=2)
    assert not yard.goes() & work(folders)


def test_the_latest_run_of_every_experiment_stays(yard):
    yard.run("a", yard.chain("a"), seen=1)
    yard.run("b", yard.chain("b"), seen=2, experiment="other")
    assert yard.goes() == set()


def test_a_run_that_was_gone_through_again_is_the_latest(yard):
    first = yard.run("a", yard.chain("a"), seen=1)
    second = yard.run("b", yard.chain("b"), seen=2)
    yard.tracking.add(first, Facts(tags={SEEN: "3"}))
    assert f"artifacts/{second}" in yard.goes()
    assert f"artifacts/{first}" not in yard.goes()


def test_an_open_run_stays(yard):
    with yard.tracking.run(RunName("kdsr", "open", "open"), Facts(files={"a": b"a"})) as open_run:
        yard.run("b", [], seen=9 * 10**15)
        assert f"artifacts/{open_run}" not in yard.goes()


def test_what_a_run_at_work_has_used_stays(yard, history):
    with inventory.at_work(yard.store, reports_to=yard.tracking.place):
        yard.step("student/new", rows="rows a", teacher="wt a", weights="new", hours_ago=0)
        assert not yard.goes() & work(["student/new", "teacher/a", "dataset/a"])
        assert "work/teacher/e" in yard.goes()


def test_what_a_killed_run_has_made_stays_until_another_begins(yard, history):
    with inventory.at_work(yard.store, reports_to=yard.tracking.place):
        yard.step("teacher/killed", rows="rows f", weights="killed", hours_ago=0)
        unfinished = yard.store.root / "student/killed/state"
        unfinished.mkdir(parents=True)
        (unfinished / "step-1.safetensors").write_bytes(b"state")
    assert not yard.goes() & work(["teacher/killed", "student/killed"])
    with inventory.at_work(yard.store, reports_to=yard.tracking.place):
        assert yard.goes() >= work(["teacher/killed", "student/killed"])


def test_what_a_step_writes_outside_a_run_stays_while_it_works(yard, history):
    left = yard.store.root / "benchmark/left"
    left.mkdir()
    busy = yard.store.root / "benchmark/busy"
    busy.mkdir()
    with yard.store.lock("benchmark-busy"):
        assert "work/benchmark/busy" not in yard.goes()
        assert "work/benchmark/left" in yard.collect()
    assert (left.exists(), busy.exists()) == (False, True)


def test_what_is_used_between_looking_and_removing_stays(yard, history):
    items = {item.what: item for item in garbage_of(yard.checkout, keep_champions=3)}
    yard.step("teacher/a", rows="rows a", weights="wt a", hours_ago=0)
    with yard.tracking.asking() as client:
        client.set_registered_model_alias(MODEL, "champion", "1")
    assert not items["work/teacher/a"].remove()
    assert not items[f"artifacts/{history['a']}"].remove()
    assert (yard.files_of(history["a"]) / "artifacts/report.html").is_file()
    assert (yard.store.root / "teacher/a/weights.safetensors").is_file()
    assert items[f"artifacts/{history['e']}"].remove()


def test_the_page_of_the_latest_run_and_pages_of_nobody_stay(yard, history):
    (yard.checkout.mlruns / "report.html").write_text("latest")
    (yard.checkout.mlruns / "reports/notes.html").write_text("by hand")
    yard.collect()
    left = {path.name for path in (yard.checkout.mlruns / "reports").iterdir()}
    assert left == {f"way {mark}.html" for mark in "bcdf"} | {"notes.html"}
    assert (yard.checkout.mlruns / "report.html").is_file()


def test_a_registry_that_does_not_answer_lets_nothing_go(yard, history, monkeypatch):
    before = files(yard.checkout.root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(RegistryError, match=r"^MLflow at http://127\.0\.0\.1:9: "):
        yard.goes()
    assert files(yard.checkout.root) == before


def test_a_missing_database_lets_nothing_go(yard, history):
    (yard.checkout.mlruns / "mlflow.db").rename(yard.checkout.root / "elsewhere.db")
    with pytest.raises(
        RegistryError, match=r"mlflow\.db: is missing, so nobody knows which models"
    ):
        yard.goes()


def test_a_registry_that_never_heard_of_the_latest_run_lets_nothing_go(yard, history):
    with inventory.at_work(yard.store, reports_to="https://mlflow.example.org"):
        pass
    here = r"reported to https://mlflow\.example\.org, but this would ask mlflow\.db"
    with pytest.raises(RegistryError, match=here):
        yard.goes()


def test_the_command_says_what_goes_why_and_how_much(yard, history, new_shell):
    shell = new_shell()
    dry = shell.run(yard.checkout.root, "gc", "--dry-run", "--keep-champions", "2")
    assert dry.returncode == 0, dry.stderr
    assert f"would go: artifacts/{history['b']} (13 bytes): kdsr, retrain b: not the latest" in (
        dry.stdout
    )
    assert dry.stdout.splitlines()[-1].endswith(" would be freed")
    assert yard.files_of(history["b"]).is_dir()
    done = shell.run(yard.checkout.root, "gc", "--keep-champions", "2")
    assert done.stdout == dry.stdout.replace("would go", "removed").replace("would be ", "")
    assert not yard.files_of(history["b"]).exists()


def test_after_the_whole_way_nothing_of_the_champion_and_the_latest_run_goes(new_trial, server):
    trial = new_trial()
    yard = Yard(Checkout(trial.root), trial.tracking)
    first = retrain(trial.params, trial)
    assert yard.goes() == set()
    trial.change("recipes.kdsr.student", learning_rate=1e-5)
    trial.change("gate", min_gain_db=50.0)  # so that the students after the first are rejected
    second = retrain(trial.params, trial)
    assert yard.goes() == set()
    trial.change("recipes.kdsr.student", learning_rate=2e-5)
    third = retrain(trial.params, trial)
    of_second, others = folders_of(second), folders_of(first) | folders_of(third)
    gone = yard.collect()
    assert {what for what in gone if what.startswith("work/")} == work(of_second - others)
    assert f"reports/{second.way.key[:12]}.html" in gone
    assert registry.resolve(MODEL, trial.tracking).is_dir()
    trial.change("recipes.kdsr.student", learning_rate=1e-3)
    assert all(outcome.reused for outcome in retrain(trial.params, trial).way.outcomes)


def folders_of(result):
    return {str(outcome.record.folder) for outcome in result.way.outcomes}
