"""Runs in MLflow: what was done, on which data and code, and which numbers came out.

With `registry` and `released_model` this is all that knows MLflow. Every call names its server; MLflow's
settings for the whole process stay as they are.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pandas as pd
from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]  # boto ships no types
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # nor here
from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from components.errors import RegistryError

T = TypeVar("T")

DATABASE = "mlflow.db"

KEY = "restill.key"
"""Tag: what the run would be called again; see `RunName.key`."""

# Of the client, not of MLflow's server; each yields to a value set before. MLflow's own defaults ask a
# dead server for four minutes.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
# Not only MLflow's own: files may go straight to a bucket, and a database may lack its driver.
_FAILURES = (
    MlflowException,
    SQLAlchemyError,
    OSError,
    ImportError,
    Boto3Error,
    BotoCoreError,
    ClientError,
)
_LONGEST_REASON = 400  # characters; MLflow puts a whole request into its messages
_METRICS_A_CALL = 1000  # what MLflow's log_batch takes
_PARAMS_A_CALL = 100


@dataclass(frozen=True, slots=True)
class RunName:
    """Which run.

    Attributes:
        experiment: Made when missing.
        name: What people see.
        key: Same key, same work: a finished run of the experiment with this key is not made again,
            and two runs with one key are never open at once on one machine.
        parent: Id of the run that this one is a step of.
    """

    experiment: str
    name: str
    key: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class DataFacts:
    """A data set that a run used.

    Attributes:
        digest: At most 36 characters, which is what a DVC digest of a folder takes.
        source: Where it came from, a URI or a path.
    """

    name: str
    digest: str
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to say about a run.

    Attributes:
        params: Nested mappings become dotted names; MLflow cuts a value after 6000 characters.
        tags: Name -> text.
        metrics: Final numbers.
        curve: A column `step`, and one column a metric; empty cells are left out.
        data: The data set.
        files: Name within the run, with slashes -> a file, or its content.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: pd.DataFrame | None = None
    data: DataFacts | None = None
    files: Mapping[str, Path | bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tracking:
    """An MLflow server, or a database in a folder.

    Args:
        root: Holds `mlflow.db`, `artifacts/` and the locks. The environment variable
            MLFLOW_TRACKING_URI names another server; then only the locks are here.
    """

    root: Path

    @property
    def uri(self) -> str:
        """What MLflow calls the tracking URI; may hold a password."""
        local = _sqlite(self.root.resolve() / DATABASE)
        return os.environ.get("MLFLOW_TRACKING_URI") or local

    @property
    def is_remote(self) -> bool:
        """Whether a server keeps database and artifacts; else this process writes them."""
        return urlsplit(self.uri).scheme in {"http", "https", "databricks"}

    def lock(self, name: str) -> FileLock:
        """Return a lock among the processes of this machine; a killed holder leaves none behind."""
        return FileLock(_made(self.root / ".locks") / f"{name}.lock")

    @contextmanager
    def asking(self) -> Iterator[MlflowClient]:
        """Lend the client.

        Raises:
            RegistryError: what was asked failed; the message names the server.
        """
        try:
            yield _connect(self.uri, self)
        except _FAILURES as error:
            reason = textwrap.shorten(str(error), _LONGEST_REASON)
            raise RegistryError(_without_password(f"MLflow at {self.uri}: {reason}")) from error

    @contextmanager
    def run(self, name: RunName, facts: Facts | None = None) -> Iterator[str]:
        """Keep a run open while its work is done; it ends FINISHED, or FAILED by an exception.

        A run whose process was killed ends as KILLED when the next one of its experiment opens.

        Args:
            name: Which run. When it is FINISHED already, it is lent as it is, and stays so.
            facts: What is known from the start.

        Yields:
            The run's id, for `add` and as the parent of its steps.

        Raises:
            RegistryError: MLflow failed.
        """
        experiment = self._experiment(name.experiment)
        with self.lock(_lock_name(name.experiment, name.key)):
            finished = self._finished(experiment, name.key)
            if finished is not None:
                yield finished
                return
            self._end_dead_runs(experiment, name)
            run_id = self._create(experiment, name)
            status = "FAILED"
            try:
                self.add(run_id, facts or Facts())
                yield run_id
                status = "FINISHED"
            finally:
                with self.asking() as client:
                    client.set_terminated(run_id, status)

    def record(self, name: RunName, facts: Facts) -> str:
        """Write down a run whose work is done, unless it is there already; returns its id.

        Raises:
            RegistryError: MLflow failed.
        """
        with self.run(name, facts) as run_id:
            return run_id

    def add(self, run_id: str, facts: Facts) -> None:
        """Write down more about a run; a parameter that is there must keep its value.

        Raises:
            RegistryError: MLflow failed.
        """
        params = [Param(_legal(k), v) for k, v in _flat(facts.params)]
        tags = [RunTag(k, v) for k, v in facts.tags.items()]
        with self.asking() as client:
            for some in _chunks(params, _PARAMS_A_CALL):
                client.log_batch(run_id, params=some)
            for few in _chunks(tags, _PARAMS_A_CALL):
                client.log_batch(run_id, tags=few)
            for many in _chunks(_points(facts), _METRICS_A_CALL):
                client.log_batch(run_id, metrics=many)
            if facts.data is not None:
                client.log_inputs(run_id, [_data_set(facts.data)])
            if facts.files:
                with tempfile.TemporaryDirectory() as folder:
                    _gather(facts.files, Path(folder))
                    client.log_artifacts(run_id, folder)

    def _experiment(self, name: str) -> str:
        """Make an experiment, or find the one that is there; two processes may do so at once."""
        artifacts = None if self.is_remote else (self.root.resolve() / "artifacts").as_uri()
        with self.asking() as client:
            try:
                return client.create_experiment(name, artifacts)
            except MlflowException as error:
                is_there = error.error_code == "RESOURCE_ALREADY_EXISTS"
                found = client.get_experiment_by_name(name) if is_there else None
                if found is None:
                    raise
                return str(found.experiment_id)

    def _finished(self, experiment: str, key: str) -> str | None:
        wanted = f"attributes.status = 'FINISHED' and tags.`{KEY}` = '{key}'"
        with self.asking() as client:
            runs = client.search_runs([experiment], wanted, max_results=1)
        return str(runs[0].info.run_id) if runs else None

    def _create(self, experiment: str, name: RunName) -> str:
        tags = {KEY: name.key} | ({"mlflow.parentRunId": name.parent} if name.parent else {})
        with self.asking() as client:
            return str(client.create_run(experiment, tags=tags, run_name=name.name).info.run_id)

    def _end_dead_runs(self, experiment: str, name: RunName) -> None:
        with self.asking() as client:
            for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
                if self._is_dead(run, name):
                    client.set_terminated(run.info.run_id, "KILLED")

    def _is_dead(self, run: Run, name: RunName) -> bool:
        """Say whether a run was opened on this machine by a process that is gone."""
        key = run.data.tags.get(KEY, "")
        if key == name.key:  # its lock is ours now
            return True
        lock = self.lock(_lock_name(name.experiment, key))
        if not Path(lock.lock_file).exists():  # of another machine
            return False
        try:
            with lock.acquire(timeout=0):
                return True
        except Timeout:
            return False


@cache
def _connect(uri: str, tracking: Tracking) -> MlflowClient:
    """Make a client, and with the first one the database, which two processes cannot do at once."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    with tracking.lock("database"):
        file = tracking.root.resolve() / DATABASE
        if uri == _sqlite(file) and not file.exists():
            _make_database(file)
        return _client(uri)


def _make_database(file: Path) -> None:
    """Make a database whole or not at all: MLflow cannot mend one whose making was cut off."""
    unfinished = file.with_name(f".{file.name}")
    unfinished.unlink(missing_ok=True)
    _client(_sqlite(unfinished))
    unfinished.rename(file)


def _client(uri: str) -> MlflowClient:
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _sqlite(file: Path) -> str:
    return f"sqlite:///{file}"


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//***@", text)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _lock_name(experiment: str, key: str) -> str:
    return "run-" + hashlib.sha256(f"{experiment}/{key}".encode()).hexdigest()[:32]


def _legal(name: str) -> str:
    """Replace what MLflow does not take in the name of a number: labels are the user's."""
    return re.sub(r"[^\w./: -]", "_", name)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value)


def _points(facts: Facts) -> list[Metric]:
    """List the curve's points in order, then the final numbers at its last step."""
    now = int(time.time() * 1000)
    points: list[Metric] = []
    last = 0
    if facts.curve is not None and len(facts.curve):
        table = facts.curve.melt("step").dropna()
        last = int(facts.curve["step"].max())
        points = [
            Metric(_legal(name), float(value), now, int(step))
            for step, name, value in table.itertuples(index=False)
        ]
    return points + [Metric(_legal(k), float(v), now, last) for k, v in facts.metrics.items()]


def _data_set(data: DataFacts) -> DatasetInput:
    kind = urlsplit(data.source).scheme or "local"
    source = json.dumps({"uri": data.source})
    return DatasetInput(Dataset(data.name, data.digest, kind, source))


def _gather(files: Mapping[str, Path | bytes], folder: Path) -> None:
    for name, content in files.items():
        target = folder / name
        _made(target.parent)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            shutil.copyfile(content, target)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def git_state(root: Path) -> dict[str, str]:
    """Say which code ran.

    Returns:
        commit, branch ("HEAD" when none is checked out), and dirty: "yes" when tracked files differ
        from the commit. {"commit": "none"} without git, or outside a repository that has a commit.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": "none"}
    branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD") or b"HEAD"
    return {
        "commit": commit.decode().strip(),
        "branch": branch.decode().strip(),
        "dirty": "yes" if git_patch(root) else "no",
    }


def git_patch(root: Path) -> bytes:
    """Return what differs between tracked files and the commit, for `git apply`; empty when nothing."""
    return _git(root, "diff", "--binary", "--no-color", "--no-ext-diff", "HEAD") or b""


def _git(root: Path, *arguments: str) -> bytes | None:
    """Ask git, which must not write; None when it cannot answer."""
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "--no-optional-locks", "-C", str(root), *arguments]
    # Inside a git hook these variables lead to another repository.
    environment = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    answer = subprocess.run(  # noqa: S603 - our own words, no shell
        command, env=environment, capture_output=True, check=False
    )
    return answer.stdout if answer.returncode == 0 else None
