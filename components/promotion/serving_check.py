"""The check before the alias moves: a release must work in a process that knows nothing of ours."""

import subprocess
import sys
import tempfile
from pathlib import Path

from components import registry
from components.errors import RegistryError
from components.store import sha256_of
from components.tracking import Tracking
from components.training import checkpoint

_PROBE = Path(__file__).with_name("probe.py")
_SECONDS = 600  # a first import of torch from a cold network disk takes minutes


def require_serving(name: str, number: str, tracking: Tracking) -> None:
    """Fetch a version and let it restore its golden pictures in a clean process.

    Raises:
        RegistryError: its files are gone or damaged, it does not load, or it restores otherwise than when
            it was made; the message says which.
    """
    released = registry.version(name, number, tracking)
    folder = registry.folder_of(released, tracking)
    weights = folder / "artifacts" / registry.CHECKPOINT / checkpoint.WEIGHTS
    if not weights.is_file() or sha256_of(weights) != released.tags[registry.WEIGHTS]:
        raise RegistryError(f"{name} version {number}: {weights} is missing or damaged (sha256)")
    fault = _probe(folder)
    if fault:
        raise RegistryError(
            f"{name} version {number} does not work in a clean process, so the champion stays: {fault}"
        )


def _probe(folder: Path) -> str:
    """Say what is wrong with a release, as a process says that sees installed packages and it alone."""
    # -I: no working directory and no PYTHONPATH; -B: no bytecode written into the release.
    command = [sys.executable, "-I", "-B", str(_PROBE), str(folder.resolve())]
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            done = subprocess.run(  # noqa: S603 - our own words, no shell
                command,
                cwd=elsewhere,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"gave nothing within {_SECONDS} s"
    if not done.returncode:
        return ""
    said = f"{done.stdout}\n{done.stderr}".strip().splitlines()
    return said[-1] if said else f"ended with {done.returncode}"
