"""One small past for all tests of the archive; only read it."""

import pytest

from components.archive.reading import read
from components.store import Store
from components.tracking import Tracking
from tests import past


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Where the past lies: tracking and store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        root = tmp_path_factory.mktemp("past")
        tracking, store = Tracking(root), Store(root / "work")
        past.live_through(tracking, store)
        yield tracking, store


@pytest.fixture(scope="session")
def archive(world):
    return read(*world)


@pytest.fixture(scope="session")
def bare(world, tmp_path_factory):
    """What a machine knows that has no work folders."""
    return read(world[0], Store(tmp_path_factory.mktemp("empty")))
