"""A real Prefect server for the session, and checkouts whose runs take seconds."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from components.tracking import Tracking
from flows.environment import Checkout, confine

ROOT = Path(__file__).parents[2]
MODEL = "restill-kdsr"

_PATIENCE = 300  # seconds

_TRAINING = {"steps": 4, "batch": 2, "patch": 16, "warmup_steps": 1, "validate_every": 2}
_SMALLEST = {
    "data": {"source": {"name": "folder"}},
    "recipes.kdsr": {
        "network": {"channels": 4, "num_blocks": 1, "num_encoder_blocks": 0, "skip": "bicubic"}
    },
    "recipes.kdsr.teacher": _TRAINING | {"pool": 8},
    "recipes.kdsr.student": _TRAINING | {"pool": 4},
    # So few steps may make a student worse than bicubic; whatever it is, it may be the first.
    "gate": {"min_gain_over_reference_db": -20.0, "max_slice_loss_to_reference_db": 20.0},
}


def pytest_configure(config):
    """Give Prefect and MLflow a home of their own before they are imported, for they look then."""
    home = tempfile.mkdtemp()
    config.add_cleanup(lambda: shutil.rmtree(home))
    confine(Checkout(Path(home)))


@dataclass(frozen=True)
class Trial(Checkout):
    """A checkout to try things in."""

    @property
    def tracking(self):
        return Tracking(self.mlruns)

    def change(self, block, **values):
        """Set keys of a block of params.yaml, whose dotted name is empty for the top."""
        yaml = YAML()
        content = yaml.load(self.params)
        inner = content
        for key in filter(None, block.split(".")):
            inner = inner[key]
        inner.update(values)
        yaml.dump(content, self.params)

    def draw(self, name, *, seed=0, height=36, width=40):
        """Draw a picture with something to learn in it, blurred noise."""
        noise = np.random.default_rng(seed).integers(0, 256, (height // 2, width // 2, 3), np.uint8)
        picture = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        picture.save(self.root / name)
        return self.root / name

    def runs(self):
        """All runs in MLflow, by name and, with equal names, by age."""
        with self.tracking.asking() as client:
            ids = [experiment.experiment_id for experiment in client.search_experiments()]
            found = client.search_runs(ids)
        return sorted(found, key=lambda run: (run.info.run_name, run.info.start_time))

    def versions(self):
        """Numbers of all versions of the model in the registry."""
        with self.tracking.asking() as client:
            found = client.search_model_versions(f"name = '{MODEL}'")
        return sorted(str(version.version) for version in found)

    def champion(self):
        """Number of the version in service."""
        with self.tracking.asking() as client:
            return str(client.get_model_version_by_alias(MODEL, "champion").version)


@dataclass(frozen=True)
class Shell:
    """The program, as a person starts it who has no settings of their own."""

    home: Path
    server: str = ""

    @property
    def scratch(self):
        return self.home.with_name(f"{self.home.name}-tmp")

    @property
    def environment(self):
        foreign = ("PREFECT_", "MLFLOW_", "DVC_", "GIT_", "XDG_", "MPL", "TORCH")
        own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own |= {"HOME": str(self.home), "TMPDIR": str(self.scratch)}
        own |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return own | ({"PREFECT_API_URL": self.server} if self.server else {})

    def start(self, folder, *arguments):
        """Start the program in a folder, in a process group of its own as a terminal does."""
        return subprocess.Popen(
            [sys.executable, "-m", "flows.cli", *map(str, arguments)],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, folder, *arguments):
        """Run the program in a folder to its end."""
        return self.end(self.start(folder, *arguments))

    def end(self, process):
        """Wait for a started program; one that hangs is ended with all that it started."""
        try:
            out, err = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(autouse=True, scope="session")
def nothing_elsewhere():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv(
            "PREFECT_SERVER_ANALYTICS_ENABLED", "false"
        )  # the harness's server asks nobody
        yield


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_heard():
    """Tests that were started in the background are deaf to SIGINT, and so would be their children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server():
    """The address of a Prefect server that this process, too, talks to."""
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - after its home is set
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - as above

    with prefect_test_harness(server_startup_timeout=240):
        yield PREFECT_API_URL.value()


@pytest.fixture(scope="session")
def new_shell(tmp_path_factory):
    """Make a shell with an empty home; with a server's address, no other is started."""

    def make(server=""):
        shell = Shell(tmp_path_factory.mktemp("home"), server)
        shell.scratch.mkdir()
        return shell

    return make


@pytest.fixture(scope="session")
def shell(new_shell, server):
    """The program at the session's Prefect server."""
    return new_shell(server)


@pytest.fixture(scope="session")
def new_trial(tmp_path_factory):
    """Make a checkout with six pictures and the shipped parameters at their smallest."""

    def make():
        trial = Trial(tmp_path_factory.mktemp("checkout"))
        for folder in (trial.data, trial.mlruns, trial.root / ".dvc"):
            folder.mkdir()
        shutil.copyfile(ROOT / ".dvc/config", trial.root / ".dvc/config")
        shutil.copyfile(ROOT / "params.yaml", trial.params)
        for block, values in _SMALLEST.items():
            trial.change(block, **values)
        name, damage = "width 1.8", "recipes.kdsr.benchmark"
        slices = YAML().load(trial.params)["recipes"]["kdsr"]["benchmark"]["degradations"]
        trial.change(damage, degradations={name: slices[name]})
        for number in range(6):
            trial.draw(f"data/{number}.png", seed=number, width=40 + number)
        return trial

    return make


@pytest.fixture
def trial(new_trial):
    return new_trial()
