"""Golden pictures: the sizes that go wrong, the same each time."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from components.errors import CheckpointError
from components.inference import restore
from components.training import checkpoint, golden
from tests.candidates import candidate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    candidate(folder, "run")
    return folder


def test_the_inputs_are_odd_several_grey_and_one_over_a_tile():
    found = {case.name: case for case in golden.cases()}
    assert [side % 2 for side in found["odd sides"].lq.shape[-2:]] == [1, 1]
    assert len(found["three at once"].lq) == 3
    over = found["one pixel more than a tile"]
    assert over.lq.shape[-2] == over.tile + 1
    red, green, blue = found["grey"].lq[0]
    assert torch.equal(red, green)
    assert torch.equal(red, blue)


def test_they_are_drawn_the_same_each_time():
    for one, other in zip(golden.cases(), golden.cases(), strict=True):
        assert torch.equal(one.lq, other.lq)


def test_what_is_recorded_is_what_the_network_gives(folder, tmp_path):
    file = golden.record(folder, tmp_path)
    kept, network = load_file(file), checkpoint.load(folder)
    for case in golden.cases():
        expected = restore(network, case.lq, tile=case.tile).clamp(0, 1)
        assert torch.equal(kept[f"{case.name}.restored"], expected)
        assert expected.std() > 0.05  # a network that gives one grey would be equal to any other
    with safe_open(file, framework="pt") as opened:
        assert opened.metadata() == {case.name: str(case.tile) for case in golden.cases()}


def test_a_damaged_checkpoint_is_not_recorded(folder, tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read"):
        golden.record(tmp_path, tmp_path)
