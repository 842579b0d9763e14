import json
import math
import os
import subprocess
import sys

import pandas as pd
import pytest

from components.errors import RegistryError
from components.tracking import KEY, DataFacts, Facts, RunName, Tracking


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Tracking(tmp_path_factory.mktemp("mlruns"))


def read(tracking, run_id):
    with tracking.asking() as client:
        return client.get_run(run_id)


def runs_of(tracking, experiment):
    with tracking.asking() as client:
        return client.search_runs([client.get_experiment_by_name(experiment).experiment_id])


def points_of(tracking, run_id, metric):
    with tracking.asking() as client:
        return [(p.step, p.value) for p in client.get_metric_history(run_id, metric)]


def python(code, *arguments):
    """Start an interpreter without the variables that switch MLflow's telemetry off in tests."""
    marks = ("CI", "PYTEST", "GITHUB", "GITLAB", "MLFLOW", "DO_NOT_TRACK")
    kept = {name: v for name, v in os.environ.items() if not name.startswith(marks)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=kept,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_run_says_all_that_is_known(tracking, tmp_path):
    (tmp_path / "report.txt").write_text("fine")
    parent = tracking.record(RunName("all", "whole way", "p"), Facts())
    run_id = tracking.record(
        RunName("all", "teacher", "t", parent=parent),
        Facts(
            params={"train": {"steps": 10, "decay": "cosine"}, "sigma": [0.2, 4.0]},
            tags={"commit": "abc"},
            metrics={"psnr_db": 31.5},
            data=DataFacts("photos", f"{'a' * 32}.dir", "s3://bucket/dvc"),
            files={"report/report.txt": tmp_path / "report.txt", "git.patch": b"\x00\xff"},
        ),
    )
    run = read(tracking, run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "teacher"
    assert run.data.params == {"train.steps": "10", "train.decay": "cosine", "sigma": "[0.2, 4.0]"}
    assert run.data.metrics == {"psnr_db": 31.5}
    assert run.data.tags["commit"] == "abc"
    assert run.data.tags["mlflow.parentRunId"] == parent
    [data] = [given.dataset for given in run.inputs.dataset_inputs]
    assert (data.name, data.digest, data.source_type) == ("photos", f"{'a' * 32}.dir", "s3")
    assert json.loads(data.source) == {"uri": "s3://bucket/dvc"}
    artifacts = tracking.root / "artifacts" / run_id / "artifacts"
    assert (artifacts / "report/report.txt").read_text() == "fine"
    assert (artifacts / "git.patch").read_bytes() == b"\x00\xff"


def test_work_that_is_recorded_is_not_recorded_again(tracking):
    first = tracking.record(RunName("twice", "teacher", "k"), Facts(metrics={"psnr_db": 31.0}))
    again = tracking.record(RunName("twice", "teacher", "k"), Facts(metrics={"psnr_db": 32.0}))
    assert first == again
    assert [run.info.run_id for run in runs_of(tracking, "twice")] == [first]
    assert points_of(tracking, first, "psnr_db") == [(0, 31.0)]


def test_a_curve_keeps_all_points_and_leaves_out_empty_cells(tracking):
    steps = range(0, 5000, 2)
    curve = pd.DataFrame(
        {
            "step": steps,
            "loss": [1 / (1 + step) for step in steps],
            "psnr_db": [step / 100 if step % 1000 == 0 else math.nan for step in steps],
        }
    )
    facts = Facts(curve=curve, metrics={"train_seconds": 9.0})
    run_id = tracking.record(RunName("curves", "teacher", "k"), facts)
    assert points_of(tracking, run_id, "loss") == list(zip(steps, curve["loss"], strict=True))
    assert points_of(tracking, run_id, "psnr_db") == [(n, n / 100) for n in range(0, 5000, 1000)]
    assert points_of(tracking, run_id, "train_seconds") == [(4998, 9.0)]


def test_labels_of_the_user_become_names_that_mlflow_takes(tracking):
    facts = Facts(params={"blur (1.2), noise": 1}, metrics={"x4: é (y)/psnr_db": 30.0})
    run = read(tracking, tracking.record(RunName("labels", "benchmark", "k"), facts))
    assert run.data.params == {"blur _1.2__ noise": "1"}
    assert run.data.metrics == {"x4: é _y_/psnr_db": 30.0}


def test_many_and_long_parameters_are_taken(tracking):
    facts = Facts(params={f"p{n}": n for n in range(250)} | {"long": "x" * 7000})
    run = read(tracking, tracking.record(RunName("many", "teacher", "k"), facts))
    assert len(run.data.params) == 251
    assert len(run.data.params["long"]) == 6000


def test_an_exception_ends_a_run_as_failed_and_the_next_attempt_is_another(tracking):
    name = RunName("attempts", "whole way", "k")
    with pytest.raises(ZeroDivisionError), tracking.run(name) as failed:
        tracking.add(failed, Facts(metrics={"psnr_db": 1 / 0}))
    with tracking.run(name) as run_id:
        assert read(tracking, run_id).info.status == "RUNNING"
        tracking.add(run_id, Facts(metrics={"psnr_db": 30.0}))
    assert run_id != failed
    assert read(tracking, failed).info.status == "FAILED"
    assert read(tracking, run_id).info.status == "FINISHED"


OTHERS = """
import os, signal, sys
from pathlib import Path
from components.tracking import RunName, Tracking

tracking = Tracking(Path(sys.argv[1]))
for name in (RunName("killed", "whole way", "a"), RunName("forerunner", "whole way", "same")):
    if os.fork() == 0:
        with tracking.run(name) as run_id:
            print(run_id, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    os.wait()
sys.stdin.readline()
with tracking.run(RunName("killed", "whole way", "b")) as run_id:
    print(run_id, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def others(tracking):
    """A process with two dead children, which opens a run itself once it is told to."""
    process = python(OTHERS, tracking.root)
    yield process, *(process.stdout.readline().strip() for _ in range(2))
    process.kill()


def test_a_run_of_a_dead_process_is_killed_and_a_living_ones_goes_on(tracking, others):
    process, dead, _ = others
    assert read(tracking, dead).info.status == "RUNNING"
    print(file=process.stdin, flush=True)
    living = process.stdout.readline().strip()
    assert read(tracking, dead).info.status == "KILLED"
    with tracking.run(RunName("killed", "whole way", "c")) as own:
        tracking.record(RunName("killed", "teacher", "d", parent=own), Facts())
        assert read(tracking, own).info.status == "RUNNING"
    assert read(tracking, living).info.status == "RUNNING"
    process.communicate("\n")
    assert read(tracking, living).info.status == "FINISHED"


def test_the_next_attempt_ends_what_its_killed_forerunner_left_open(tracking, others):
    _, _, dead = others
    assert read(tracking, dead).info.status == "RUNNING"
    again = tracking.record(RunName("forerunner", "whole way", "same"), Facts())
    assert read(tracking, dead).info.status == "KILLED"
    assert read(tracking, again).info.status == "FINISHED"


def test_a_run_of_another_machine_is_left_alone(tracking):
    tracking.record(RunName("machines", "teacher", "here"), Facts())
    with tracking.asking() as client:
        experiment = client.get_experiment_by_name("machines").experiment_id
        elsewhere = client.create_run(experiment, tags={KEY: "there"}).info.run_id
    tracking.record(RunName("machines", "student", "here too"), Facts())
    assert read(tracking, elsewhere).info.status == "RUNNING"


START = """
import os, signal, sys, time
from pathlib import Path
from components.tracking import Facts, RunName, Tracking

tracking = Tracking(Path(sys.argv[1]))

first = os.fork()
if first == 0:
    with tracking.asking():
        os._exit(0)
while not (tracking.root / ".mlflow.db").exists():
    time.sleep(0.001)
os.kill(first, signal.SIGKILL)
print(os.waitstatus_to_exitcode(os.wait()[1]), (tracking.root / "mlflow.db").exists())

for n in range(4):
    if os.fork() == 0:
        tracking.record(RunName("fresh", "teacher", str(n)), Facts(params={"n": n}))
        os._exit(0)
print([os.wait()[1] for _ in range(4)])
"""


def test_processes_may_start_at_once_where_one_was_killed_while_it_made_the_database(tmp_path):
    said = python(START, tmp_path / "mlruns").communicate()
    assert said == ("-9 False\n[0, 0, 0, 0]\n", "")
    assert len(runs_of(Tracking(tmp_path / "mlruns"), "fresh")) == 4


TELEMETRY = """
import sys
from pathlib import Path
from mlflow.telemetry.utils import is_telemetry_disabled
from components.tracking import Tracking

tracking = Tracking(Path(sys.argv[1]))
before = is_telemetry_disabled()
with tracking.asking():
    print(before, is_telemetry_disabled())
"""


def test_mlflow_calls_nobody(tracking):
    assert python(TELEMETRY, tracking.root).communicate() == ("False True\n", "")


def test_nothing_is_written_outside_the_folder(tmp_path, monkeypatch, tracking):
    monkeypatch.chdir(tmp_path)
    tracking.record(RunName("outside", "teacher", "k"), Facts(files={"a.txt": b"a"}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://jo:secret@127.0.0.1:9", "Connection refused"),
        ("postgresql+nonsense://jo:secret@127.0.0.1:9/db", "nonsense"),
        ("./mlruns", "maintenance mode"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_without_its_password(
    tmp_path, monkeypatch, uri, reason
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryError, match=reason) as refusal:
        Tracking(tmp_path).record(RunName("e", "r", "k"), Facts())
    line = str(refusal.value)
    assert line.startswith(f"MLflow at {uri.replace('jo:secret', '***')}: ")
    assert "secret" not in line
    assert "\n" not in line


def test_a_parameter_keeps_its_value(tracking):
    with tracking.run(RunName("values", "teacher", "k"), Facts(params={"seed": 1})) as run_id:
        tracking.add(run_id, Facts(params={"seed": 1}))
        with pytest.raises(RegistryError, match="seed"):
            tracking.add(run_id, Facts(params={"seed": 2}))


def test_tags_and_files_are_read_back(tracking):
    facts = Facts(tags={"commit": "abc"}, files={"git.patch": b"\x00\xff"})
    run_id = tracking.record(RunName("read", "whole way", "k"), facts)
    assert tracking.tags(run_id)["commit"] == "abc"
    assert tracking.file(run_id, "git.patch") == b"\x00\xff"
    assert tracking.file(run_id, "params.yaml") is None


def test_a_run_that_is_not_there_is_no_run_without_tags_or_files(tracking):
    for read in (tracking.tags, lambda run_id: tracking.file(run_id, "git.patch")):
        with pytest.raises(RegistryError, match=f"'?{'0' * 32}'? not found"):
            read("0" * 32)
