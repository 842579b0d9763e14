"""Others are told of a promotion: the lines of docs/operations.md, a real MLflow server, loopback."""

import base64
import hashlib
import hmac
import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from components.tracking import Facts, RunName, Tracking

PAGE = Path(__file__).parents[1] / "docs/operations.md"
PATIENCE = 120  # seconds
SECRET = secrets.token_hex(16)
BODY = b'{"data": {"name": "restill-kdsr", "alias": "shadow", "version": "9"}}'


def written(name):
    """Return the lines of a program that the page shows."""
    (text,) = re.findall(rf"```python\n(# {name}: .*?)```", PAGE.read_text(), re.DOTALL)
    return text


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(*command, **options):
    """Keep a program running; it is ended with all that it started."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        os.killpg(process.pid, 15)
        process.wait(PATIENCE)


def wait_for(port, process):
    """Wait until somebody listens on a port."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, f"{process.args} ended"
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on {port}")


class Receiver:
    """The page's receiver, and what it prints."""

    def __init__(self, port, process):
        self.url, self._process = f"http://127.0.0.1:{port}/promotions", process

    def line(self):
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    file = tmp_path_factory.mktemp("receiver") / "receiver.py"
    file.write_text(written("receiver.py"))
    port = free_port()
    environment = os.environ | {"RESTILL_WEBHOOK_SECRET": SECRET}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    command = sys.executable, str(file), str(port)
    with running(*command, env=environment, **streams) as process:
        wait_for(port, process)
        yield Receiver(port, process)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an MLflow server that may call its own machine."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    environment = os.environ | {
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with ExitStack() as held:
        log = held.enter_context((folder / "log").open("w"))
        process = held.enter_context(running(*command, env=environment, stdout=log, stderr=log))
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def registered(server, receiver, tmp_path_factory):
    file = tmp_path_factory.mktemp("register") / "register.py"
    file.write_text(written("register.py"))
    environment = os.environ | {"MLFLOW_TRACKING_URI": server, "RESTILL_WEBHOOK_SECRET": SECRET}
    command = [sys.executable, str(file), receiver.url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def tracking(server, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    return Tracking(tmp_path)


def answer_to(receiver, headers):
    """Call the receiver, and return the status of its answer."""
    host = receiver.url.split("/")[2]
    with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
        connection.request("POST", "/promotions", BODY, headers)
        return connection.getresponse().status


def signed(*, sent=None, age=0, key=SECRET, body=BODY):
    """Sign a call as MLflow does."""
    sent = sent or int(time.time()) - age
    digest = hmac.new(key.encode(), f"1.{sent}.".encode() + body, hashlib.sha256).digest()
    return {
        "X-MLflow-Delivery-Id": "1",
        "X-MLflow-Timestamp": str(sent),
        "X-MLflow-Signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@pytest.mark.usefixtures("registered")
def test_a_new_champion_is_told_and_no_other_alias(tracking, receiver):
    run_id = tracking.record(RunName("promote", "student", "k"), Facts())
    with tracking.asking() as client:
        client.create_registered_model("restill-kdsr")
        for _ in range(2):
            source = f"{client.get_run(run_id).info.artifact_uri}/release"
            client.create_model_version("restill-kdsr", source, run_id)
        client.set_registered_model_alias("restill-kdsr", "candidate", "1")
        client.set_registered_model_alias("restill-kdsr", "champion", "2")
    assert receiver.line() == "restill-kdsr: the champion is version 2"


def test_a_call_that_is_signed_now_is_believed(receiver):
    assert answer_to(receiver, signed()) == 204


@pytest.mark.parametrize(
    "call",
    [{"key": "another"}, {"body": BODY + b" "}, {"age": 3600}, {"sent": "yesterday"}],
    ids=["another secret", "another body", "an hour old", "no time"],
)
def test_any_other_call_is_not_believed(receiver, call):
    assert answer_to(receiver, signed(**call)) == 401


def test_an_unsigned_call_is_not_believed(receiver):
    assert answer_to(receiver, {}) == 401
