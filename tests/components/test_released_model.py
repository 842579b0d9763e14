"""The file that MLflow runs for a released version, saved and loaded as MLflow does."""

from pathlib import Path

import mlflow.pyfunc
import pytest
import torch

import components
from components.inference import restore
from components.models import kdsr
from components.training import checkpoint

FILE = Path(components.__file__).parent / "released_model.py"
TINY = kdsr.Params(channels=4, num_blocks=1, num_encoder_blocks=0, scale=2, skip="bicubic")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    torch.manual_seed(0)
    network = kdsr.Model(TINY)
    torch.nn.init.normal_(network.trunk.tail.weight, std=0.1)
    checkpoint.save(folder, network, {"model": TINY.model_dump(mode="json")})
    return folder


@pytest.fixture(scope="module")
def released(folder, tmp_path_factory):
    saved = tmp_path_factory.mktemp("saved") / "model"
    mlflow.pyfunc.save_model(
        saved, python_model=str(FILE), artifacts={"checkpoint": str(folder)}, pip_requirements=[]
    )
    return mlflow.pyfunc.load_model(str(saved))


@pytest.mark.parametrize("shape", [(1, 3, 9, 7), (3, 3, 16, 16), (1, 3, 1, 1)])
def test_it_restores_as_the_network_does_and_clips(released, folder, shape):
    lq = torch.rand(shape)
    expected = restore(checkpoint.load(folder), lq)
    given = torch.from_numpy(released.predict(lq.numpy()))
    assert given.shape == (shape[0], 3, 2 * shape[2], 2 * shape[3])
    torch.testing.assert_close(given, expected.clamp(0, 1), rtol=0, atol=1e-6)
