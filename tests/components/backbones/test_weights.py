"""Published weights: every format, every digest, and a server of one's own."""

import functools
import http.server
import threading

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import nn

from components.backbones import weights
from components.backbones.weights import Weights
from components.errors import CheckpointError
from components.store import sha256_of

STATE = {"a": torch.arange(6.0).view(2, 3), "b": torch.ones(1)}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def published(tmp_path):
    file = tmp_path / "net.pth"
    torch.save(STATE, file)
    return file


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The folder of `published` over HTTP, and an empty place for what is fetched."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    handler = functools.partial(Quiet, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def write(file):
    if file.suffix == ".safetensors":
        save_file(STATE, file)
    elif file.suffix == ".npz":
        np.savez(file, **{name: tensor.numpy() for name, tensor in STATE.items()})
    else:
        torch.save(STATE, file)
    return Weights(source=str(file), sha256=sha256_of(file))


@pytest.mark.parametrize("name", ["net.pth", "net.pt", "net.safetensors", "net.npz"])
def test_every_format_gives_its_tensors(tmp_path, name):
    found = weights.read(write(tmp_path / name))
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[key], STATE[key]) for key in STATE)


def test_a_digest_in_the_name_counts_as_torch_names_its_files(published):
    named = published.rename(published.with_name(f"net-{sha256_of(published)[:8]}.pth"))
    assert weights.read(Weights(source=str(named))).keys() == STATE.keys()


def test_weights_without_any_digest_are_refused(published):
    with pytest.raises(ValidationError, match="needs a sha256"):
        Weights(source=str(published))
    with pytest.raises(ValidationError, match="sha256"):
        Weights(source=str(published), sha256="too short")


def test_a_file_of_another_digest_is_refused_with_both(published):
    with pytest.raises(
        CheckpointError, match=f"needs sha256 01234567, it is {sha256_of(published)}"
    ):
        weights.read(Weights(source=str(published), sha256="01234567"))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"gone\.pth: no such file"):
        weights.read(Weights(source=str(tmp_path / "gone.pth"), sha256="01234567"))


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors", "net.npz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no weights at all"])
def test_a_damaged_file_is_refused(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        weights.read(Weights(source=str(file), sha256=sha256_of(file)))


def test_code_in_a_file_does_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (exit, (3,))

    file = tmp_path / "bomb.pth"
    torch.save({"a": Bomb()}, file)
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        weights.read(Weights(source=str(file), sha256=sha256_of(file)))


@pytest.mark.parametrize("content", [torch.ones(2), {"a": 1.0}])
def test_anything_but_tensors_by_name_is_refused(tmp_path, content):
    file = tmp_path / "net.pth"
    torch.save(content, file)
    with pytest.raises(CheckpointError, match="needs a state dict"):
        weights.read(Weights(source=str(file), sha256=sha256_of(file)))


def test_an_address_is_fetched_once_and_then_kept(server, published):
    wanted = Weights(source=f"{server}/net.pth", sha256=sha256_of(published))
    assert weights.read(wanted).keys() == STATE.keys()
    published.unlink()
    assert weights.read(wanted).keys() == STATE.keys()


def test_what_was_fetched_with_another_digest_is_not_kept(server, published, tmp_path):
    wanted = Weights(source=f"{server}/net.pth", sha256="01234567")
    with pytest.raises(CheckpointError, match=r"net\.pth: cannot be fetched: invalid hash"):
        weights.read(wanted)
    assert not [file for file in (tmp_path / "home").rglob("*") if file.is_file()]


def test_an_address_that_does_not_answer_is_refused(server):
    with pytest.raises(CheckpointError, match=r"gone\.pth: cannot be fetched: .*404"):
        weights.read(Weights(source=f"{server}/gone.pth", sha256="01234567"))


def test_a_network_is_filled_by_name_and_keeps_nothing_random(tmp_path):
    network = nn.Linear(3, 2)
    file = tmp_path / "net.pth"
    torch.save({"weight": STATE["a"], "bias": torch.ones(2), "unused": torch.ones(9)}, file)
    weights.fill(network, Weights(source=str(file), sha256=sha256_of(file)))
    assert torch.equal(network.weight, STATE["a"])
    assert torch.equal(network.bias, torch.ones(2))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"weight": torch.ones(2, 3)}, "lacks 1 tensors: bias"),
        (
            {"weight": torch.ones(3, 2), "bias": torch.ones(2)},
            r"weight must be \(2, 3\), it is \(3, 2\)",
        ),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, state, message):
    file = tmp_path / "net.pth"
    torch.save(state, file)
    with pytest.raises(CheckpointError, match=message):
        weights.fill(nn.Linear(3, 2), Weights(source=str(file), sha256=sha256_of(file)))
