"""Keep a run inside its checkout: where Prefect, MLflow, matplotlib and torch write, and no telemetry."""

import os
from dataclasses import dataclass
from pathlib import Path

from components.errors import ConfigError
from components.store import Store, Workplace

_HIDDEN = ".restill"


@dataclass(frozen=True, slots=True)
class Checkout:
    """The folders of one checkout.

    Attributes:
        root: The checkout itself.
        past: A recorded version of the pictures, laid out elsewhere, in place of `data/`; or None.
    """

    root: Path
    past: Path | None = None

    @property
    def data(self) -> Path:
        """Pictures, tracked by DVC."""
        return self.past or self.root / "data"

    @property
    def mlruns(self) -> Path:
        """All that runs make."""
        return self.root / "mlruns"

    @property
    def versions(self) -> Path:
        """Where past versions of the pictures are laid out."""
        return self.mlruns / "versions"

    @property
    def workplace(self) -> Workplace:
        """What the stations see of it."""
        return Workplace(Store(self.mlruns / "work"), self.data)

    @property
    def params(self) -> Path:
        """The parameter file."""
        return self.root / "params.yaml"


def find_checkout(start: Path) -> Checkout:
    """Find the checkout that holds a folder: the nearest one upwards with params.yaml and mlruns/.

    Raises:
        ConfigError: there is none.
    """
    for folder in (start, *start.parents):
        # params.yaml alone is what any DVC project has.
        if (folder / "params.yaml").is_file() and (folder / "mlruns").is_dir():
            return Checkout(folder)
    raise ConfigError(
        f"{start}: neither this folder nor one above it holds params.yaml and mlruns/"
    )


def prefect_home(checkout: Checkout) -> Path:
    """Return the folder that Prefect keeps its database in."""
    return checkout.root / _HIDDEN / "prefect"


def confine(checkout: Checkout) -> None:
    """Set the environment of this process and its children; a value set before is kept.

    Call it before Prefect, MLflow or matplotlib is imported: they read it then.
    """
    hidden = checkout.root / _HIDDEN
    hidden.mkdir(exist_ok=True)  # Prefect makes its folder in there, but no parent
    defaults = {
        "PREFECT_HOME": str(prefect_home(checkout)),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "components",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # components speak outside flows too
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MPLCONFIGDIR": str(hidden / "matplotlib"),
        "TORCHINDUCTOR_CACHE_DIR": str(hidden / "torchinductor"),
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
