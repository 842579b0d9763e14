"""Who is measured: checkpoints, references, functions; and who is refused."""

import pytest
import torch

from components import parts
from components.benchmarking import contenders
from components.errors import CheckpointError, PartError
from components.store import sha256_of
from components.training import checkpoint

SMALL = {"name": "kdsr", "channels": 2, "num_blocks": 1, "num_encoder_blocks": 0, "skip": "bicubic"}


@pytest.fixture
def folder(tmp_path):
    """A tiny checkpoint."""
    params = parts.configure("models", SMALL)
    checkpoint.save(
        tmp_path, parts.build("models", params), {"model": params.model_dump(mode="json")}
    )
    return tmp_path


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of the user's own."""
    (tmp_path / "own_enlarger.py").write_text("def same(lq):\n    return lq\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "own_enlarger:same"


def test_a_checkpoint_is_entered_under_its_weights(folder):
    entry = contenders.contender_from("tiny", folder)
    assert (entry.label, entry.sha256) == ("tiny", sha256_of(folder / checkpoint.WEIGHTS))
    assert not entry.network.training
    assert entry.modules == ["components.models.kdsr"]


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"model\.json: cannot be read"):
        contenders.contender_from("x", tmp_path)
    text = '{"model": {"name": "kdrs"}, "weights_sha256": ""}'
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"no part 'kdrs' in models .*; did you mean 'kdsr'"):
        contenders.contender_from("x", tmp_path)


def test_a_reference_takes_the_scale_where_it_has_one():
    assert contenders.reference("bicubic", 3).network.scale == 3
    assert contenders.reference("identity", 1).network.scale == 1


def test_a_reference_that_has_to_be_trained_is_refused_when_it_is_built():
    with pytest.raises(CheckpointError, match="kdsr: kdsr has to be trained first"):
        contenders.reference("kdsr", 4).network  # noqa: B018 - it raises


def test_a_function_depends_on_its_own_module_and_is_never_reused(own):
    first, second = (contenders.callable_contender(own, 1) for _ in range(2))
    assert first.modules == ["components.models.function", "own_enlarger"]
    assert first.once
    assert first.once != second.once
    lq = torch.rand(1, 3, 4, 4)
    assert torch.equal(first.network(lq), lq)


def test_a_function_that_is_not_there_is_refused_at_once():
    with pytest.raises(PartError, match="there is no module 'nowhere'"):
        contenders.callable_contender("nowhere:f", 1)
