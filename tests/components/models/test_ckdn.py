"""CKDN against the counts of its specification, and an official-layout state dict."""

from argparse import Namespace

import pytest
import torch

from components.errors import PairError
from components.foreign_weights import import_weights
from components.models.ckdn import PRESETS, Model
from components.training import checkpoint


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("preset", "training", "at_work"),
    [("r50", 13_387_650, 6_919_041), ("small", 207_026, 128_017)],
)
def test_the_networks_have_their_number_of_parameters(preset, training, at_work):
    with torch.device("meta"):
        assert count(Model(PRESETS[preset])) == at_work
        assert count(Model(PRESETS[preset].model_copy(update={"auxiliary": True}))) == training


def test_the_released_network_has_its_number_of_entries():
    with torch.device("meta"):
        network = Model(PRESETS["r50"].model_copy(update={"auxiliary": True}))
    assert len(network.state_dict()) == 290


def test_features_are_a_quarter_of_the_image():
    with torch.device("meta"):
        assert Model(PRESETS["r50"]).quality(torch.empty(1, 3, 288, 288)).shape == (1, 256, 72, 72)


@pytest.mark.parametrize("size", [(96, 96), (61, 100)])
def test_a_score_is_a_number_between_0_and_1(size):
    network = Model(PRESETS["small"]).eval()
    scores = network(torch.rand(3, 3, *size), torch.rand(3, 3, *size))
    assert scores.shape == (3,)
    assert 0 < scores.min() <= scores.max() < 1


def test_a_score_does_not_depend_on_its_company():
    network = Model(PRESETS["small"]).eval()
    restored, degraded = torch.rand(2, 4, 3, 64, 64)
    alone = network.logit(restored[2:3], degraded[2:3])
    torch.testing.assert_close(network.logit(restored, degraded)[2:3], alone)


def test_the_gradient_reaches_the_restored_image_of_a_frozen_network():
    network = Model(PRESETS["small"]).eval().requires_grad_(requires_grad=False)
    restored = torch.rand(1, 3, 64, 64, requires_grad=True)
    network.logit(restored, torch.rand(1, 3, 64, 64)).sum().backward()
    assert restored.grad.abs().sum() > 0


@pytest.mark.parametrize("degraded", [None, torch.rand(1, 3, 32, 64)])
def test_a_missing_or_other_sized_reference_is_refused(degraded):
    with pytest.raises(PairError, match="with a degraded image of that size"):
        Model(PRESETS["small"])(torch.rand(1, 3, 64, 64), degraded)


def official_name(name):
    theirs = {"quality.stem.0.": "qse_1.", "quality.stage.": "qse_2."}
    theirs |= {"reference.stem.0.": "dte_1.", "reference.stage.": "dte_2."}
    theirs |= {"predictor.stage.": "csp.", "predictor.head.": "fc_."}
    theirs |= {"comparer.stage.": "aux_csp.", "comparer.head.": "fc1_."}
    for ours, official in theirs.items():
        if name.startswith(ours):
            return official + name.removeprefix(ours)
    raise AssertionError(name)


@pytest.mark.parametrize("auxiliary", [True, False])
@pytest.mark.parametrize("prefix", ["module.", "net."])
def test_the_official_layout_and_pyiqas_are_taken(tmp_path, prefix, auxiliary):
    params = PRESETS["r50"].model_copy(
        update={"auxiliary": True, "stem": 8, "widths": (8, 16), "hidden": (32, 32)}
    )
    network = Model(params).eval()
    state = {prefix + official_name(name): value for name, value in network.state_dict().items()}
    said = {"epoch": 29, "state_dict": state, "args": Namespace(lr=0.16)}
    torch.save(said, tmp_path / "ckdn.pth")
    wanted = params.model_copy(update={"auxiliary": auxiliary})
    import_weights(tmp_path / "ckdn.pth", wanted, tmp_path / "made")
    loaded = checkpoint.load_network(tmp_path / "made")
    restored, degraded = torch.rand(2, 1, 3, 64, 64)
    torch.testing.assert_close(loaded(restored, degraded), network(restored, degraded))
