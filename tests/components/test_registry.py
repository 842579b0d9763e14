import contextlib
import http.server
import json
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import threading
import time

import numpy as np
import pytest
import torch

from components.config import RegistryParams
from components.errors import RegistryError
from components.inference import restore
from components.promotion.promote import promote
from components.registry import (
    alias,
    champion,
    folder_of,
    make,
    point,
    require,
    resolve,
    run_of,
    version,
)
from components.tracking import Facts, RunName, Tracking
from components.training import checkpoint
from tests.candidates import candidate

PARAMS = RegistryParams(model_name="tiny")


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Tracking(tmp_path_factory.mktemp("mlruns"))


@pytest.fixture(scope="module")
def run_id(tracking):
    return tracking.record(RunName("promote", "student", "k"), Facts())


@pytest.fixture(scope="module")
def released(tracking, run_id, tmp_path_factory):
    """The candidate that was released first, and what release gave."""
    first = candidate(tmp_path_factory.mktemp("student"), run_id)
    return first, promote(first, PARAMS, tracking=tracking)


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


def test_a_model_may_be_made_twice_and_has_no_alias_until_it_points(tracking, released):
    for _ in range(2):
        make("made", tracking)
    assert alias("made", tracking) is None
    require("made", tracking)
    assert alias("tiny", tracking) == "1"
    with pytest.raises(RegistryError, match="not found"):
        point("tiny", "99", tracking)
    assert folder_of(version("tiny", "1", tracking), tracking).name.startswith("release-")


def test_a_ledger_is_no_model_to_choose_from(tracking, released):
    with pytest.raises(RegistryError, match=r"\(there are: [^)]*tiny") as caught:
        require("big", tracking)
    assert ".ledger" not in str(caught.value)


def test_a_database_of_an_older_mlflow_is_one_line(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    old = Tracking(tmp_path)
    make("tiny", old)
    copy = Tracking(tmp_path / "copy")
    copy.root.mkdir()
    shutil.copyfile(tmp_path / "mlflow.db", copy.root / "mlflow.db")
    with contextlib.closing(sqlite3.connect(copy.root / "mlflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        database.commit()
    with pytest.raises(RegistryError, match="out-of-date database schema") as caught:
        champion(PARAMS, copy)
    assert "\n" not in str(caught.value)


def test_an_unreachable_server_is_not_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryError, match=r"MLflow at http://127\.0\.0\.1:9: .*refused"):
        champion(PARAMS, Tracking(tmp_path))


@pytest.fixture
def answering(tmp_path, monkeypatch):
    """Ask a web server that answers everything in one way."""

    def ask(answer, **settings):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        for name, value in settings.items():
            monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", value)
        try:
            with pytest.raises(RegistryError, match=r"^MLflow at http://127") as caught:
                champion(PARAMS, Tracking(tmp_path))
        finally:
            server.shutdown()
            server.server_close()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return ask


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_server_in_trouble_is_not_an_empty_one(answering, status):
    """404 is what a deployment says before its route is set up."""
    assert f"{status}" in answering(lambda request: request.send_error(status))


def test_a_server_that_does_not_come_to_an_end_is_not_an_empty_one(answering):
    assert "timed out" in answering(lambda _: time.sleep(2), TIMEOUT="1")


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
