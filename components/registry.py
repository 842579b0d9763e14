"""Station 6, registry: which model is the champion, and how another becomes it.

A release is a version of a model in MLflow's registry. It holds the checkpoint, a copy of this package
and the exact requirements, so that it loads where this project is not installed.
"""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import mlflow.pyfunc
import numpy as np
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from components import faults
from components.artifacts import BenchmarkReport, Checkpoint, Release, Verdict
from components.config import RegistryParams
from components.errors import CheckpointError, RegistryError
from components.tracking import GC, Tracking
from components.training import checkpoint

CHAMPION = "champion"

_WEIGHTS_TAG = "weights_sha256"
_CHECKPOINT = "checkpoint"  # within the release; `released_model` asks for this name

# What the copy of this package imports on its way from `released_model` to a network.
_REQUIREMENTS = ("mlflow", "torch", "numpy", "safetensors", "pydantic", "filelock")
_PICTURES = TensorSpec(np.dtype("float32"), (-1, 3, -1, -1))

_SMOKE_SECONDS = 600  # a first import of torch from a cold network disk takes minutes
_SMOKE_TEST = """
import sys
from pathlib import Path
import mlflow.pyfunc
import numpy as np

folder, scale = Path(sys.argv[1]).resolve(), int(sys.argv[2])
model = mlflow.pyfunc.load_model(str(folder))
lq = np.random.default_rng(0).random((1, 3, 23, 19), dtype=np.float32)
restored = model.predict(lq)
code = Path(sys.modules["components"].__file__)
if not code.is_relative_to(folder):
    sys.exit(f"the code came from {code}, not from the release")
if restored.shape != (1, 3, 23 * scale, 19 * scale):
    sys.exit(f"a picture of 23x19 pixels came back as {restored.shape}")
if not np.isfinite(restored).all():
    sys.exit("a restored picture holds values that are not finite")
"""


@dataclass(frozen=True, slots=True)
class Champion:
    """The version in service.

    Attributes:
        folder: Its checkpoint on this machine; read-only, as it may be the registry's own.
    """

    name: str
    version: str
    run_id: str
    weights_sha256: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the gate has judged.

    Attributes:
        folder: The checkpoint's files.
        champion_version: The version it was judged against, None when there was none.
        run_id: The run that the release becomes a part of.
    """

    checkpoint: Checkpoint
    folder: Path
    report: BenchmarkReport
    verdict: Verdict
    champion_version: str | None
    run_id: str


def champion(params: RegistryParams, tracking: Tracking) -> Champion | None:
    """Return the version in service, or None when nothing was ever released under the name.

    Raises:
        RegistryError: MLflow failed, or the version's files are not there. Not knowing the champion is
            not the same as having none, and must never let a candidate through.
    """
    number = (_aliases(params.model_name, tracking) or {}).get(CHAMPION)
    if number is None:
        return None
    version = _version(params.model_name, number, tracking)
    return Champion(
        name=params.model_name,
        version=number,
        run_id=str(version.run_id),
        weights_sha256=version.tags[_WEIGHTS_TAG],
        folder=_checkpoint_of(version, tracking),
    )


def release(candidate: Candidate, params: RegistryParams, *, tracking: Tracking) -> Release:
    """Register a candidate, try it once in a clean process, and make it the champion.

    Safe to repeat after a kill at any point: weights that are registered keep their version.

    Raises:
        CheckpointError: the candidate's files are damaged.
        RegistryError: MLflow failed, the candidate is not one that passed the gate, another champion
            was released since, or the version does not work in a clean process; the alias stays.
    """
    name = params.model_name
    scale = _scale_of(candidate)
    with tracking.lock(f"release-{name}"):
        current = _aliases_or_new(name, tracking).get(CHAMPION)
        version = _registered(name, candidate, tracking)
        if version is None or str(version.version) != current:
            _check_rival(name, current, candidate)
            version = version or _register(name, candidate, tracking)
            faults.point("release.registered")
            _smoke_test(version, scale, tracking)
            with tracking.asking() as client:
                client.set_registered_model_alias(name, CHAMPION, str(version.version))
            faults.point("release.done")
    return Release(name=name, version=str(version.version), alias=CHAMPION)


def resolve(reference: str, tracking: Tracking) -> Path:
    """Find the checkpoint of a released version.

    Args:
        reference: NAME (its champion), NAME@ALIAS or NAME/VERSION.
        tracking: Where the registry is.

    Returns:
        A checkpoint folder on this machine, to be read only.

    Raises:
        RegistryError: MLflow failed, or holds no such version; the message lists what there is.
    """
    return _checkpoint_of(_named(reference, tracking), tracking)


def run_of(reference: str, tracking: Tracking) -> str:
    """Return the id of the run that a released version belongs to.

    Args:
        reference: As for `resolve`.
        tracking: Where the registry is.

    Raises:
        RegistryError: as `resolve` does.
    """
    return str(_named(reference, tracking).run_id)


def _named(reference: str, tracking: Tracking) -> ModelVersion:
    match = re.fullmatch(r"([\w.-]+)(?:@([\w.-]+)|/(\d+))?", reference)
    if match is None:
        raise RegistryError(f"{reference!r}: expected NAME, NAME@ALIAS or NAME/VERSION")
    name, alias, number = match[1], match[2] or CHAMPION, match[3]
    aliases = _aliases(name, tracking)
    if aliases is None:
        raise RegistryError(f"no model {name!r} in the registry (there are: {_names(tracking)})")
    if number is None and alias not in aliases:
        raise RegistryError(f"{name}: no alias {alias!r} (there are: {_listed(aliases)})")
    return _version(name, number or aliases[alias], tracking)


def _scale_of(candidate: Candidate) -> int:
    """Load the candidate's network, which must be the one that was judged; return its scale."""
    network = checkpoint.load(candidate.folder)
    digest = checkpoint.read_about(candidate.folder)[_WEIGHTS_TAG]
    measured = candidate.report.weights_sha256
    if not digest == measured == candidate.checkpoint.sha256:
        raise RegistryError(
            f"{candidate.folder}: holds weights {digest[:12]}, but the benchmark measured "
            f"{measured[:12] or 'none'}"
        )
    if network.privileged:
        raise RegistryError(f"{candidate.folder}: needs the ground truth, so it cannot be released")
    if not candidate.verdict.passed:
        reasons = "; ".join(candidate.verdict.reasons)
        raise RegistryError(f"{candidate.folder}: did not pass the gate: {reasons}")
    return network.scale


def _check_rival(name: str, current: str | None, candidate: Candidate) -> None:
    if current != candidate.champion_version:
        raise RegistryError(
            f"{name}: the candidate was judged against champion {candidate.champion_version}, but "
            f"the champion is now {current}; judge it again"
        )


def _registered(name: str, candidate: Candidate, tracking: Tracking) -> ModelVersion | None:
    """Find the version that holds the candidate's weights."""
    wanted = f"name = '{name}' and tag.{_WEIGHTS_TAG} = '{candidate.checkpoint.sha256}'"
    with tracking.asking() as client:
        versions = client.search_model_versions(wanted)
    return next((version for version in versions if GC not in version.tags), None)


def _register(name: str, candidate: Candidate, tracking: Tracking) -> ModelVersion:
    """Store a version's files with the candidate's run; the version is made last."""
    run_id, artifacts = candidate.run_id, f"release-{candidate.checkpoint.sha256[:12]}"
    with tempfile.TemporaryDirectory() as temporary, tracking.asking() as client:
        checkpoint_only = Path(temporary) / _CHECKPOINT
        checkpoint_only.mkdir()
        for file in (checkpoint.WEIGHTS, checkpoint.MODEL):
            shutil.copyfile(candidate.folder / file, checkpoint_only / file)
        target = Path(temporary) / artifacts
        _save(checkpoint_only, target)
        client.log_artifacts(run_id, str(target), artifacts)
        source = f"{client.get_run(run_id).info.artifact_uri}/{artifacts}"
        return client.create_model_version(name, source, run_id, tags=_tags(candidate))


def _save(folder: Path, target: Path) -> None:
    """Write a release: checkpoint, code, requirements."""
    package = Path(__file__).parent
    mlflow.pyfunc.save_model(
        target,
        python_model=str(package / "released_model.py"),
        artifacts={_CHECKPOINT: str(folder)},
        code_paths=[str(package)],
        signature=ModelSignature(Schema([_PICTURES]), Schema([_PICTURES])),
        input_example=np.zeros((1, 3, 4, 4), dtype=np.float32),
        pip_requirements=[f"{name}=={_public_version(name)}" for name in _REQUIREMENTS],
    )


def _public_version(distribution: str) -> str:
    """Return a version without its build, `+cpu`, which package indexes do not have."""
    return importlib.metadata.version(distribution).split("+")[0]


def _tags(candidate: Candidate) -> dict[str, str]:
    """Say on the version what it is: MLflow's own links lead to the run only."""
    report = candidate.report
    return {
        _WEIGHTS_TAG: candidate.checkpoint.sha256,
        "recipe": candidate.checkpoint.recipe,
        "data_digest": candidate.checkpoint.data_digest,
        "benchmark_digest": report.benchmark_digest,
        "protocol": report.protocol,
        **{f"mean.{metric}": f"{value:.6g}" for metric, value in report.mean.items()},
        "verdict": candidate.verdict.outcome,
    }


def _smoke_test(version: ModelVersion, scale: int, tracking: Tracking) -> None:
    """Restore one picture in a process that sees the installed packages and the release alone."""
    folder = _fetch(version, tracking)
    # -I: no working directory and no PYTHONPATH; -B: no bytecode written into the release.
    command = [sys.executable, "-I", "-B", "-c", _SMOKE_TEST, str(folder), str(scale)]
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            done = subprocess.run(  # noqa: S603 - our own words, no shell
                command,
                cwd=elsewhere,
                capture_output=True,
                text=True,
                timeout=_SMOKE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _not_working(version, f"gave nothing within {_SMOKE_SECONDS} s") from error
    if done.returncode:
        said = f"{done.stdout}\n{done.stderr}".strip().splitlines()
        raise _not_working(version, said[-1] if said else f"ended with {done.returncode}")


def _not_working(version: ModelVersion, reason: str) -> RegistryError:
    return RegistryError(
        f"{version.name} version {version.version} does not work in a clean process, so the champion "
        f"stays: {reason}"
    )


def _aliases(name: str, tracking: Tracking) -> dict[str, str] | None:
    """Return alias -> version of a model, or None when there is no such model."""
    # Asking for an alias that is not there gives INVALID_PARAMETER_VALUE, as many faults do; a missing
    # model has a code of its own.
    with tracking.asking() as client:
        try:
            aliases = client.get_registered_model(name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
    return {alias: str(number) for alias, number in aliases.items()}


def _aliases_or_new(name: str, tracking: Tracking) -> dict[str, str]:
    aliases = _aliases(name, tracking)
    if aliases is None:
        with tracking.asking() as client:
            client.create_registered_model(name)
    return aliases or {}


def _version(name: str, number: str, tracking: Tracking) -> ModelVersion:
    with tracking.asking() as client:
        version = client.get_model_version(name, number)
    if _WEIGHTS_TAG not in version.tags:
        raise RegistryError(f"{name} version {number}: was not released by this program")
    if GC in version.tags:
        raise RegistryError(
            f"{name} version {number}: its files were removed by `restill gc` on {version.tags[GC]}"
        )
    return version


def _checkpoint_of(version: ModelVersion, tracking: Tracking) -> Path:
    """Return a version's checkpoint folder, which must hold the weights that were released."""
    folder = _fetch(version, tracking) / "artifacts" / _CHECKPOINT
    try:
        digest = checkpoint.read_about(folder)[_WEIGHTS_TAG]
    except CheckpointError as error:
        raise RegistryError(f"{version.name} version {version.version}: {error}") from error
    if digest != version.tags[_WEIGHTS_TAG]:
        raise RegistryError(f"{folder}: is not what was released (sha256 of the weights)")
    return folder


def _fetch(version: ModelVersion, tracking: Tracking) -> Path:
    """Return a version's folder on this machine: in place when it is on disk, else downloaded once."""
    with tracking.asking() as client:
        source = client.get_model_version_download_uri(version.name, version.version)
    if urlsplit(source).scheme == "file":
        return Path(url2pathname(urlsplit(source).path))
    name = f"{version.name}-{version.version}-{version.tags[_WEIGHTS_TAG][:12]}"
    folder = tracking.root / "released" / name
    with tracking.lock(f"released-{name}"), tracking.asking():
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
                _download(source, temporary, tracking).rename(folder)
    return folder


def _download(source: str, target: str, tracking: Tracking) -> Path:
    uri = tracking.uri
    return Path(download_artifacts(source, dst_path=target, tracking_uri=uri, registry_uri=uri))


def _names(tracking: Tracking) -> str:
    with tracking.asking() as client:
        return _listed(model.name for model in client.search_registered_models())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
