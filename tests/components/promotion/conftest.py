"""Registries of all three kinds, and processes that promote in them."""

import itertools
import multiprocessing
import os
import subprocess
import sys
import time

import pytest
import requests

from components.config import RegistryParams
from components.promotion.promote import promote
from components.tracking import Facts, RunName, Tracking
from tests import postgres
from tests.candidates import candidate, save_bare
from tests.promoters import PRELOADED

KINDS = ("sqlite", "postgres", "server")

_PATIENCE = 180  # seconds


@pytest.fixture(scope="session")
def started_postgres():
    missing = postgres.why_not()
    if missing:
        pytest.skip(missing)
    server = postgres.Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def mlflow_server(started_postgres, tmp_path_factory):
    """The address of an `mlflow server` over PostgreSQL that hands out its artifacts itself."""
    folder, port = tmp_path_factory.mktemp("server"), postgres.free_port()
    address = f"http://127.0.0.1:{port}"
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", started_postgres.database("server")]
    words += ["--artifacts-destination", str(folder / "artifacts")]
    own = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words],
            cwd=folder,
            env=os.environ | own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _await(address, process, folder / "log")
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(_PATIENCE)


@pytest.fixture(scope="session")
def registries(request, tmp_path_factory):
    """A registry of each kind, made once."""
    made = {}

    def get(kind):
        if kind not in made:
            uri = ""
            if kind == "postgres":
                uri = request.getfixturevalue("started_postgres").database("registry")
            elif kind == "server":
                uri = request.getfixturevalue("mlflow_server")
            made[kind] = (Tracking(tmp_path_factory.mktemp(kind)), uri)
        return made[kind]

    return get


@pytest.fixture(params=KINDS)
def tracking(request, registries, monkeypatch):
    """A registry of a kind."""
    found, uri = registries(request.param)
    _name(uri, monkeypatch)
    return found


@pytest.fixture
def local(registries, monkeypatch):
    """The registry in a file."""
    found, uri = registries("sqlite")
    _name(uri, monkeypatch)
    return found


_NUMBERS = itertools.count()


@pytest.fixture
def model():
    """A name that no other test has."""
    return f"model-{next(_NUMBERS)}"


@pytest.fixture
def unchecked(monkeypatch):
    """Leave out the clean process, and what it loads: seconds; both have tests of their own."""
    monkeypatch.setattr("components.promotion.registration._save", save_bare)
    monkeypatch.setattr("components.promotion.serving_check._probe", lambda _: "")


@pytest.fixture
def line(model, tmp_path, unchecked):
    """Promote networks one after the other, each over the last."""

    def promoted(tracking, *seeds):
        params, over, made = RegistryParams(model_name=model), None, []
        for seed in seeds:
            run_id = tracking.record(RunName(model, f"way {seed}", f"{model} {seed}"), Facts())
            folder = tmp_path / f"student {seed}"
            release = promote(
                candidate(folder, run_id, seed=seed, over=over), params, tracking=tracking
            )
            over = release.version
            made.append(release.version)
        return made

    return promoted


@pytest.fixture(scope="session")
def processes():
    """Start processes that have imported everything already, so that a test may start dozens."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _name(uri, monkeypatch):
    if uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    else:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def _await(address, process, log):
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            requests.get(f"{address}/health", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text())
