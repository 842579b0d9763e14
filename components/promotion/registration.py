"""Register a candidate: its checkpoint becomes a version of a model in MLflow, and no champion yet.

A version holds the checkpoint, golden pictures, a copy of this package and the exact requirements, so
that it loads where this project is not installed.
"""

import importlib.metadata
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mlflow.pyfunc
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from components import faults, registry
from components.artifacts import BenchmarkReport, Checkpoint, Verdict
from components.errors import RegistryError
from components.tracking import GC, Tracking
from components.training import checkpoint, golden

# What the copy of this package imports on its way from `released_model` to a network.
_REQUIREMENTS = ("mlflow", "torch", "numpy", "safetensors", "pydantic", "filelock")
_PICTURES = TensorSpec(np.dtype("float32"), (-1, 3, -1, -1))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the gate has judged.

    Attributes:
        folder: The checkpoint's files.
        champion_version: The version it was judged against, None when there was none.
        run_id: The run that the release becomes a part of.
        champion_report: What was measured of that version.
    """

    checkpoint: Checkpoint
    folder: Path
    report: BenchmarkReport
    verdict: Verdict
    champion_version: str | None
    run_id: str
    champion_report: BenchmarkReport | None = None


def require_fit(candidate: Candidate) -> None:
    """Make sure that a candidate is the network that was judged, whole, and that it passed.

    Raises:
        CheckpointError: its files are damaged.
        RegistryError: it is another network, needs the ground truth, or did not pass the gate.
    """
    network = checkpoint.load(candidate.folder)
    digest = checkpoint.read_about(candidate.folder)[registry.WEIGHTS]
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


def register(name: str, candidate: Candidate, tracking: Tracking) -> str:
    """Store a candidate as a version; weights that are registered keep their version.

    Args:
        name: Of the model, which is there.
        candidate: Its files go to its run; the version is made last.
        tracking: Where the registry is.

    Returns:
        The version's number.

    Raises:
        RegistryError: MLflow failed.
    """
    return find(name, candidate.checkpoint.sha256, tracking) or _store(name, candidate, tracking)


def find(name: str, weights: str, tracking: Tracking) -> str | None:
    """Find the version that holds weights, unless its files were removed.

    Raises:
        RegistryError: MLflow failed.
    """
    wanted = f"name = '{name}' and tag.{registry.WEIGHTS} = '{weights}'"
    with tracking.asking() as client:
        versions = client.search_model_versions(wanted)
    return next((str(version.version) for version in versions if GC not in version.tags), None)


def _store(name: str, candidate: Candidate, tracking: Tracking) -> str:
    run_id, artifacts = candidate.run_id, f"release-{candidate.checkpoint.sha256[:12]}"
    with tempfile.TemporaryDirectory() as temporary, tracking.asking() as client:
        parts = {"checkpoint": Path(temporary) / registry.CHECKPOINT}
        parts["checkpoint"].mkdir()
        for file in (checkpoint.WEIGHTS, checkpoint.MODEL):
            shutil.copyfile(candidate.folder / file, parts["checkpoint"] / file)
        recorded = candidate.folder / golden.FILE  # where it was trained
        made_now = not recorded.is_file()
        parts["golden"] = golden.record(candidate.folder, Path(temporary)) if made_now else recorded
        target = Path(temporary) / artifacts
        _save(parts, target)
        client.log_artifacts(run_id, str(target), artifacts)
        faults.point("release.stored")
        source = f"{client.get_run(run_id).info.artifact_uri}/{artifacts}"
        made = client.create_model_version(name, source, run_id, tags=_tags(candidate))
    return str(made.version)


def _save(parts: dict[str, Path], target: Path) -> None:
    """Write a release: checkpoint, golden pictures, code, requirements."""
    package = Path(registry.__file__).parent
    mlflow.pyfunc.save_model(
        target,
        python_model=str(package / "released_model.py"),
        artifacts={part: str(path) for part, path in parts.items()},
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
        registry.WEIGHTS: candidate.checkpoint.sha256,
        "recipe": candidate.checkpoint.recipe,
        "data_digest": candidate.checkpoint.data_digest,
        "benchmark_digest": report.benchmark_digest,
        "protocol": report.protocol,
        **{f"mean.{metric}": f"{value:.6g}" for metric, value in report.mean.items()},
        **{f"cost.{n}": str(v) for n, v in report.cost if isinstance(v, int | float)},
        "device": report.cost.device,
        "verdict": candidate.verdict.outcome,
    }
