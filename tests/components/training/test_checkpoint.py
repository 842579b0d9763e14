"""Weights that come back bit by bit, and folders that are refused for a reason."""

import json
import re

import pytest
import torch
from safetensors.torch import load_file, save_file

from components.errors import CheckpointError, PartError
from components.models.kdsr import Model, Params
from components.store import sha256_of
from components.training import checkpoint

TINY = Params(scale=2, channels=4, num_blocks=1, num_encoder_blocks=0)


@pytest.fixture
def network():
    return Model(TINY)


@pytest.fixture
def folder(tmp_path, network):
    checkpoint.save(tmp_path, network, {"model": TINY.model_dump(mode="json"), "label": "tiny"})
    return tmp_path


def rewrite(folder, **changes):
    """Change model.json; None takes a key out."""
    file = folder / checkpoint.MODEL
    about = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in about.items() if value is not None}))


def test_every_weight_comes_back_to_the_last_bit(folder, network):
    loaded = checkpoint.load(folder)
    expected, found = network.state_dict(), loaded.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_weights_of_any_memory_order_are_written_alike(tmp_path, network):
    about = {"model": TINY.model_dump(mode="json")}
    one = checkpoint.save(tmp_path, network.to(memory_format=torch.contiguous_format), about)
    other = checkpoint.save(tmp_path, network.to(memory_format=torch.channels_last), about)
    assert one == other == sha256_of(tmp_path / checkpoint.WEIGHTS)


def test_a_loaded_network_is_ready_to_use_and_frozen(folder):
    loaded = checkpoint.load(folder)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert loaded(torch.rand(1, 3, 5, 7)).shape == (1, 3, 10, 14)


def test_what_is_known_about_it_stands_beside_the_weights(folder):
    about = checkpoint.read_about(folder)
    assert about["label"] == "tiny"
    assert about["weights_sha256"] == sha256_of(folder / checkpoint.WEIGHTS)


def test_nothing_but_weights_and_text_is_written(folder):
    assert {file.name for file in folder.iterdir()} == {"weights.safetensors", "model.json"}


def refused(folder, reason):
    return pytest.raises(
        CheckpointError, match=re.compile(f"{re.escape(str(folder))}.*{reason}", re.DOTALL)
    )


@pytest.mark.parametrize("name", [checkpoint.WEIGHTS, checkpoint.MODEL])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with refused(folder, f"{name}: cannot be read"):
        checkpoint.load(folder)


def test_weights_cut_short_are_refused(folder):
    file = folder / checkpoint.WEIGHTS
    file.write_bytes(file.read_bytes()[:-1])
    with refused(folder, "weights.safetensors: cannot be read"):
        checkpoint.load(folder)


def test_one_changed_bit_is_noticed(folder):
    file = folder / checkpoint.WEIGHTS
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with refused(folder, r"weights.safetensors: is not the file that model.json describes"):
        checkpoint.load(folder)


def test_weights_of_another_width_are_refused(folder):
    rewrite(folder, model=TINY.model_copy(update={"channels": 5}).model_dump(mode="json"))
    with refused(folder, "the weights fit another network: .*size mismatch"):
        checkpoint.load(folder)


def test_weights_of_another_depth_are_refused_with_their_names(folder):
    rewrite(folder, model=TINY.model_copy(update={"num_blocks": 2}).model_dump(mode="json"))
    with refused(folder, "the weights fit another network: .*Missing.*trunk.blocks.1.conv.bias"):
        checkpoint.load(folder)


def test_weights_too_many_are_refused_with_their_names(folder):
    file = folder / checkpoint.WEIGHTS
    save_file(load_file(file) | {"adapter": torch.zeros(1)}, file)
    rewrite(folder, weights_sha256=sha256_of(file))
    with refused(folder, 'the weights fit another network: .*Unexpected.*"adapter"'):
        checkpoint.load(folder)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"name": "kdrs"}, "no part 'kdrs' in models .* did you mean 'kdsr'"),
        ({"name": "kdsr", "channel": 4}, "channel"),
        ({}, "needs a mapping with a key 'name'"),
    ],
)
def test_a_network_that_this_version_does_not_know_is_refused(folder, model, reason):
    rewrite(folder, model=model)
    with refused(folder, f"model.json: .*{reason}"):
        checkpoint.load(folder)
    with pytest.raises(PartError, match=reason):
        checkpoint.build(model)


@pytest.mark.parametrize("key", ["model", "weights_sha256"])
def test_a_description_without_a_needed_key_is_refused(folder, key):
    rewrite(folder, **{key: None})
    with refused(folder, rf"model.json: lacks \['{key}'\]"):
        checkpoint.read_about(folder)


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "cannot be read"), ("[]", "lacks"), ("null", "lacks")]
)
def test_a_description_that_is_no_mapping_is_refused(folder, text, reason):
    (folder / checkpoint.MODEL).write_text(text)
    with refused(folder, f"model.json: {reason}"):
        checkpoint.read_about(folder)
