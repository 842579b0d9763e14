import json
import math

import pytest
import torch

from components.errors import CheckpointError
from components.models.kdsr import Model, Params
from components.reproduction.likeness import compare
from components.training import checkpoint

TINY = {"scale": 2, "channels": 4, "num_blocks": 1, "num_encoder_blocks": 0}
BIAS = "trunk.tail.bias"


def save(folder, *, shift=0.0, about=(), **changed):
    """Save one and the same network, with a last bias that is shifted."""
    params = Params(**TINY | changed)
    torch.manual_seed(0)
    network = Model(params)
    network.get_parameter(BIAS).data += shift
    folder.mkdir()
    checkpoint.save(folder, network, {"model": params.model_dump(mode="json")} | dict(about))
    return folder


@pytest.fixture
def first(tmp_path):
    return save(tmp_path / "first")


def test_equal_checkpoints_do_not_differ(first, tmp_path):
    like = compare(first, save(tmp_path / "second"))
    assert (like.tensors, like.weights) == ({}, 0.0)
    assert (like.pictures, like.psnr_db) == (0.0, math.inf)
    assert like.within(0.0)
    assert like.num_tensors == len(list(Model(Params(**TINY)).state_dict()))


def test_a_difference_is_found_in_its_tensor_and_in_pictures(first, tmp_path):
    second = save(tmp_path / "second", shift=0.125)
    like = compare(first, second)
    assert list(like.tensors) == [BIAS]
    assert like.weights == pytest.approx(0.125, abs=1e-7)
    # The bias is added to every pixel, and a picture is clipped to [0, 1].
    assert like.pictures == pytest.approx(0.125, abs=1e-6)
    assert like.psnr_db >= -20 * math.log10(0.125)
    assert like.within(0.13)
    assert not like.within(0.12)


def test_weights_within_the_tolerance_are_not_enough(first, tmp_path):
    second = save(tmp_path / "second", shift=0.125)
    like = compare(first, second).model_copy(update={"tensors": {BIAS: 1e-9}})
    assert not like.within(1e-6)


def test_the_largest_difference_comes_first(first, tmp_path):
    second = save(tmp_path / "second", shift=0.5)
    network = checkpoint.load(second)
    network.get_parameter("trunk.tail.weight").data += 0.25
    checkpoint.save(second, network, {"model": checkpoint.read_about(second)["model"]})
    assert list(compare(first, second).tensors) == [BIAS, "trunk.tail.weight"]


def test_another_shape_is_an_endless_difference_and_pictures_say_why_not(first, tmp_path):
    like = compare(first, save(tmp_path / "second", scale=4))
    assert like.weights == math.inf
    assert like.pictures is None
    assert "(1, 3, 96, 96) and (1, 3, 192, 192)" in like.unrestored
    assert not like.within(1e9)


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_weight_that_is_no_number_differs_endlessly(first, tmp_path, value):
    like = compare(first, save(tmp_path / "second", shift=value))
    assert like.weights == math.inf
    assert not like.within(1e9)


def test_weights_of_a_network_that_is_no_more_are_compared_all_the_same(first, tmp_path):
    second = save(tmp_path / "second", shift=0.125)
    about = checkpoint.read_about(second)
    about["model"] = {"name": "of_yesterday"}
    (second / "model.json").write_text(json.dumps(about))
    like = compare(first, second)
    assert list(like.tensors) == [BIAS]
    assert like.pictures is None
    assert "of_yesterday" in like.unrestored
    assert not like.within(1.0)


def test_a_likeness_is_written_as_json_and_read_back(first, tmp_path):
    for shift in (0.0, 0.125):
        like = compare(first, save(tmp_path / f"{shift}", shift=shift))
        assert type(like).model_validate_json(like.model_dump_json()) == like


def test_missing_weights_are_named(first, tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere/weights.safetensors: cannot be read"):
        compare(first, tmp_path / "nowhere")
