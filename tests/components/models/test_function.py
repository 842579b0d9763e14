"""A function of the user's own: found, called, and refused by what it gives."""

import pytest
import torch

from components import parts
from components.errors import PairError, PartError
from components.models.function import Model, Params

CODE = """
import torch

def double(lq):
    assert lq.dtype == torch.float32
    return lq.repeat_interleave(2, -1).repeat_interleave(2, -2).double()

def same(lq):
    return lq

def levels(lq):
    return (255 * lq).byte()

def array(lq):
    return lq.numpy()

network = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1), torch.nn.Dropout(0.5))
number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    (tmp_path / "own_restorers.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)


def build(name: str, scale: int = 1) -> Model:
    return parts.build("models", Params(target=f"own_restorers:{name}", scale=scale))


def test_it_is_called_with_the_images():
    lq = torch.rand(2, 3, 4, 5)
    given = build("double", scale=2)(lq)
    assert given.shape == (2, 3, 8, 10)
    assert given.dtype == torch.float32
    assert torch.equal(given[..., ::2, ::2], lq)


def test_a_network_is_put_into_evaluation_and_its_parameters_count():
    model = build("network")
    assert sum(p.numel() for p in model.parameters()) == 12
    lq = torch.rand(1, 3, 4, 4)
    assert torch.equal(model(lq), model(lq))


def test_shapes_alone_do_not_call_it():
    given = build("array", scale=3)(torch.empty(1, 3, 4, 5, device="meta"))
    assert given.shape == (1, 3, 12, 15)


@pytest.mark.parametrize(
    ("name", "scale", "reason"),
    [
        ("same", 2, r"must give \(1, 3, 8, 10\), it gave \(1, 3, 4, 5\)"),
        ("levels", 1, r"must give floats around \[0, 1\], it gave torch.uint8"),
        ("array", 1, r"must give a tensor \(1, 3, 4, 5\), it gave ndarray"),
    ],
)
def test_what_is_not_the_restored_images_is_refused(name, scale, reason):
    with pytest.raises(PairError, match=f"own_restorers:{name} {reason}"):
        build(name, scale)(torch.rand(1, 3, 4, 5))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module:f", "there is no module 'no_such_module' on the path"),
        ("own_restorers:missing", "module own_restorers has no 'missing'"),
        ("own_restorers:number", "must be a function, it is int"),
    ],
)
def test_a_function_that_is_not_there_is_refused(target, reason):
    with pytest.raises(PartError, match=f"{target}: {reason}"):
        parts.build("models", Params(target=target))


@pytest.mark.parametrize("target", ["file.py", "module:", ":f", "a b:c"])
def test_other_words_are_refused(target):
    with pytest.raises(PartError, match=f"must be module:function, .*; got {target!r}"):
        parts.configure("models", {"name": "function", "target": target})
