import dataclasses
import http.server
import json
import subprocess
import sys
import sysconfig
import threading
from pathlib import PurePosixPath

import numpy as np
import pytest
import torch

from components.artifacts import BenchmarkReport, Checkpoint, Cost, Verdict
from components.config import RegistryParams
from components.errors import CheckpointError, RegistryError
from components.inference import restore
from components.models.kdsr import Model, Params
from components.registry import Candidate, champion, release, resolve, run_of
from components.tracking import Facts, RunName, Tracking
from components.training import checkpoint

TINY = Params(scale=2, channels=4, num_blocks=1, num_encoder_blocks=0)
PARAMS = RegistryParams(model_name="tiny")


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Tracking(tmp_path_factory.mktemp("mlruns"))


@pytest.fixture(scope="module")
def run_id(tracking):
    return tracking.record(RunName("promote", "student", "k"), Facts())


def candidate(folder, run_id, *, seed=0, model=TINY, over=None, spoil=None):
    """Make the checkpoint and the records of a network that passed the gate."""
    torch.manual_seed(seed)
    network = Model(model)
    if spoil is not None:
        network.trunk.tail.bias.data.fill_(spoil)
    parameters = model.model_dump(mode="json")
    digest = checkpoint.save(folder, network, {"model": parameters})
    made = Checkpoint(
        folder=PurePosixPath("student/abc"),
        label="student",
        recipe="kdsr",
        model=parameters,
        sha256=digest,
        num_parameters=1,
        data_digest="d.dir",
        seed=seed,
        train_seconds=1.0,
        validation_psnr_db=30.0,
    )
    report = BenchmarkReport(
        folder=PurePosixPath("benchmark/abc"),
        label="student",
        protocol="sr_y",
        benchmark_digest="b",
        num_images=1,
        mean={"psnr_db": 31.25},
        slices={},
        cost=Cost(num_parameters=1, giga_macs=1.0, latency_ms=1.0, device="cpu"),
        weights_sha256=digest,
    )
    verdict = Verdict(passed=True, outcome="better", gain_db=0.5, reasons=("better by 0.5 dB",))
    return Candidate(made, folder, report, verdict, over, run_id)


@pytest.fixture(scope="module")
def released(tracking, run_id, tmp_path_factory):
    """The candidate that was released first, and what release gave."""
    first = candidate(tmp_path_factory.mktemp("student"), run_id)
    return first, release(first, PARAMS, tracking=tracking)


def versions(tracking, name=PARAMS.model_name):
    with tracking.asking() as client:
        return client.search_model_versions(f"name = '{name}'")


def alias(tracking, name=PARAMS.model_name):
    with tracking.asking() as client:
        return str(client.get_registered_model(name).aliases["champion"])


def test_an_empty_registry_has_no_champion(tracking):
    assert champion(RegistryParams(model_name="nobody"), tracking) is None


def test_a_model_without_the_alias_has_no_champion(tracking):
    with tracking.asking() as client:
        client.create_registered_model("unaliased")
    assert champion(RegistryParams(model_name="unaliased"), tracking) is None


def test_what_was_released_is_the_champion(tracking, released, run_id):
    first, given = released
    assert (given.name, given.version, given.alias) == ("tiny", "1", "champion")
    now = champion(PARAMS, tracking)
    assert (now.name, now.version, now.run_id) == ("tiny", "1", run_id)
    assert now.weights_sha256 == first.checkpoint.sha256
    ours, theirs = checkpoint.load(first.folder), checkpoint.load(now.folder)
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


@pytest.mark.parametrize("reference", ["tiny", "tiny@champion", "tiny/1"])
def test_a_release_leads_to_its_run(tracking, released, run_id, reference):
    assert run_of(reference, tracking) == run_id


def test_a_version_says_what_it_is(tracking, released):
    first, _ = released
    assert versions(tracking)[0].tags == {
        "weights_sha256": first.checkpoint.sha256,
        "recipe": "kdsr",
        "data_digest": "d.dir",
        "benchmark_digest": "b",
        "protocol": "sr_y",
        "mean.psnr_db": "31.25",
        "verdict": "better",
    }


def test_a_release_holds_no_bytecode(tracking, released):
    folder = champion(PARAMS, tracking).folder.parents[1]
    assert (folder / "code/components/training/checkpoint.py").is_file()
    assert list(folder.rglob("__pycache__")) == []


def test_a_release_that_was_cut_off_goes_on_with_the_same_version(tracking, released):
    first, given = released
    with tracking.asking() as client:
        client.delete_registered_model_alias("tiny", "champion")
    assert champion(PARAMS, tracking) is None
    assert release(first, PARAMS, tracking=tracking) == given
    assert release(first, PARAMS, tracking=tracking) == given  # the champion already
    assert len(versions(tracking)) == 1
    assert alias(tracking) == "1"


def test_a_model_that_does_not_work_in_a_clean_process_is_not_the_champion(
    tracking, released, run_id, tmp_path
):
    broken = candidate(tmp_path, run_id, seed=1, over="1", spoil=float("nan"))
    with pytest.raises(RegistryError, match=r"champion stays: .* not finite$"):
        release(broken, PARAMS, tracking=tracking)
    assert alias(tracking) == "1"


def test_damaged_weights_are_refused(tracking, released, run_id, tmp_path):
    damaged = candidate(tmp_path, run_id, seed=2, over="1")
    weights = tmp_path / checkpoint.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    before = len(versions(tracking))
    with pytest.raises(CheckpointError, match="sha256"):
        release(damaged, PARAMS, tracking=tracking)
    assert len(versions(tracking)) == before
    assert alias(tracking) == "1"


def test_only_the_judged_is_released(tracking, run_id, tmp_path):
    good = candidate(tmp_path, run_id, seed=3)
    other = good.report.model_copy(update={"weights_sha256": "0" * 64})
    rejected = good.verdict.model_copy(update={"passed": False, "reasons": ("0.1 dB worse",)})
    for bad, reason in (
        (dataclasses.replace(good, report=other), "measured 000000000000"),
        (dataclasses.replace(good, verdict=rejected), "did not pass the gate: 0.1 dB worse"),
    ):
        with pytest.raises(RegistryError, match=reason):
            release(bad, RegistryParams(model_name="judged"), tracking=tracking)
    assert versions(tracking, "judged") == []


def test_a_model_that_needs_the_ground_truth_is_not_released(tracking, run_id, tmp_path):
    teacher = candidate(tmp_path, run_id, model=TINY.model_copy(update={"privileged": True}))
    with pytest.raises(RegistryError, match="needs the ground truth"):
        release(teacher, RegistryParams(model_name="teacher"), tracking=tracking)
    assert versions(tracking, "teacher") == []


@pytest.mark.parametrize("over", [None, "7"])
def test_a_verdict_over_another_champion_is_out_of_date(tracking, released, run_id, tmp_path, over):
    late = candidate(tmp_path, run_id, seed=4, over=over)
    before = len(versions(tracking))
    with pytest.raises(RegistryError, match="the champion is now 1; judge it again"):
        release(late, PARAMS, tracking=tracking)
    assert len(versions(tracking)) == before


def test_an_unreachable_server_is_not_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryError, match=r"MLflow at http://127\.0\.0\.1:9: .*refused"):
        champion(PARAMS, Tracking(tmp_path))


class NotFound(http.server.BaseHTTPRequestHandler):
    """A web server that knows no page, as before a deployment's route is set up."""

    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


def test_a_page_that_is_not_found_is_not_a_missing_model(tmp_path, monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NotFound) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
        try:
            with pytest.raises(RegistryError, match="404"):
                champion(PARAMS, Tracking(tmp_path))
        finally:
            server.shutdown()


@pytest.mark.parametrize("reference", ["tiny", "tiny@champion", "tiny/1"])
def test_a_reference_leads_to_the_checkpoint(tracking, released, reference):
    first, _ = released
    about = checkpoint.read_about(resolve(reference, tracking))
    assert about["weights_sha256"] == first.checkpoint.sha256


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("big", r"no model 'big' in the registry \(there are: .*tiny.*\)"),
        ("tiny@best", r"no alias 'best' \(there are: champion\)"),
        ("tiny/99", "version=99.* not found"),
        ("tiny/x", "expected NAME, NAME@ALIAS or NAME/VERSION"),
        ("", "expected NAME"),
    ],
)
def test_a_reference_to_nothing_is_refused(tracking, released, reference, reason):
    with pytest.raises(RegistryError, match=reason):
        resolve(reference, tracking)


def test_a_version_of_another_program_is_refused(tracking, run_id):
    with tracking.asking() as client:
        client.create_registered_model("foreign")
        client.create_model_version("foreign", client.get_run(run_id).info.artifact_uri, run_id)
    with pytest.raises(RegistryError, match="foreign version 1: was not released by this program"):
        resolve("foreign/1", tracking)


def test_files_that_changed_or_went_away_are_noticed(tracking, released):
    folder = resolve("tiny", tracking)
    text = (folder / checkpoint.MODEL).read_text()
    try:
        changed = json.loads(text) | {"weights_sha256": "0" * 64}
        (folder / checkpoint.MODEL).write_text(json.dumps(changed))
        with pytest.raises(RegistryError, match="not what was released"):
            champion(PARAMS, tracking)
        (folder / checkpoint.MODEL).unlink()
        with pytest.raises(RegistryError, match=r"tiny version 1: .*model\.json: cannot be read"):
            champion(PARAMS, tracking)
    finally:
        (folder / checkpoint.MODEL).write_text(text)


CLEAN = """
import sys
sys.path.append(sys.argv[1])  # the installed packages, without the .pth files that add the checkout
try:
    import components
except ModuleNotFoundError:
    pass
else:
    sys.exit(f"{components.__file__} is in reach")

import mlflow
import numpy as np

mlflow.set_tracking_uri(sys.argv[2])
model = mlflow.pyfunc.load_model("models:/tiny@champion")
np.save(sys.argv[4], model.predict(np.load(sys.argv[3])))
for wrong in (np.zeros((1, 3, 8, 8)), np.zeros((1, 1, 8, 8), np.float32)):
    try:
        model.predict(wrong)
    except mlflow.MlflowException:
        continue
    sys.exit(f"{wrong.dtype} {wrong.shape} was taken")
print(sys.modules["components"].__file__)
"""


def test_a_release_restores_where_this_project_is_not_installed(tracking, released, tmp_path):
    first, _ = released
    lq = np.random.default_rng(0).random((2, 3, 9, 14), dtype=np.float32)
    np.save(tmp_path / "lq.npy", lq)
    packages = sysconfig.get_path("purelib")
    arguments = [packages, tracking.uri, tmp_path / "lq.npy", tmp_path / "restored.npy"]
    # -I: no environment, no working directory; -S: no .pth files; -B: no bytecode in the release.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", CLEAN, *map(str, arguments)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code = resolve("tiny", tracking).parents[1] / "code/components/__init__.py"
    assert done.stdout.strip() == str(code)
    expected = restore(checkpoint.load(first.folder), torch.from_numpy(lq)).clamp(0, 1).numpy()
    restored = np.load(tmp_path / "restored.npy")
    assert restored.shape == (2, 3, 18, 28)
    np.testing.assert_allclose(restored, expected, atol=1e-6)
