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
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
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
FOLDERS = "restill.folders"
"""Tag: the work folders of a run's steps, with spaces between."""
SEEN = "restill.seen"
"""Tag: when a run was last gone through, milliseconds since 1970."""
GC = "restill.gc"
"""Tag of runs and versions: when `restill gc` removed their files."""

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
    def database(self) -> Path | None:
        """The database in the folder; None when another server is named."""
        file = self.root.resolve() / DATABASE
        return file if self.uri == _sqlite(file) else None

    @property
    def place(self) -> str:
        """What people call the server; the same for a checkout that was moved. Holds no password."""
        return DATABASE if self.database else _without_password(self.uri)

    @property
    def is_remote(self) -> bool:
        """Whether a server keeps database and artifacts; else this process writes them."""
        return urlsplit(self.uri).scheme in {"http", "https", "databricks"}

    def lock(self, name: str) -> FileLock:
        """Return a lock among the processes of this machine; a killed holder leaves none behind."""
        return FileLock(_made(self.root / ".locks") / f"{name}.lock")

    def run_lock(self, experiment: str, key: str) -> FileLock:
        """Return the lock that a run is open under."""
        return self.lock(_lock_name(experiment, key))

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
        with self.run_lock(name.experiment, name.key):
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

    def tags(self, run_id: str) -> dict[str, str]:
        """Read the tags of a run.

        Raises:
            RegistryError: MLflow failed, or there is no such run.
        """
        with self.asking() as client:
            return dict(client.get_run(run_id).data.tags)

    def file(self, run_id: str, name: str) -> bytes | None:
        """Read a file of a run; None when it has none of that name.

        Args:
            run_id: The run.
            name: As in `Facts.files`, without slashes.

        Raises:
            RegistryError: MLflow failed, or there is no such run.
        """
        with self.asking() as client, tempfile.TemporaryDirectory() as folder:
            if name not in {file.path for file in client.list_artifacts(run_id)}:
                return None
            return Path(client.download_artifacts(run_id, name, folder)).read_bytes()

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
            runs = client.search_runs([experiment], wanted)
        return next((str(run.info.run_id) for run in runs if GC not in run.data.tags), None)

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
        lock = self.run_lock(name.experiment, key)
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
