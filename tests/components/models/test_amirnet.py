"""AMIRNet against its counts; a tree that grows without a jump; one code folded into a plain NAFNet."""

import pytest
import torch
from pydantic import ValidationError

from components.models import nafnet
from components.models.amirnet import PRESETS, Estimator, Model, Params


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def random(params):
    """A network in evaluation mode in which no number is zero."""
    network = Model(params).eval()
    numbers = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        with torch.no_grad():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=numbers))
    return network


@pytest.mark.parametrize(("preset", "expected"), [("w32", 19_913_537), ("w64", 71_769_697)])
def test_the_networks_have_the_number_of_parameters_of_the_authors_code(preset, expected):
    with torch.device("meta"):
        network = Model(PRESETS[preset])
    assert count(network) == expected


def test_the_degradation_encoder_has_its_number_of_parameters():
    estimator = Estimator(Params())
    assert count(estimator.body[0]) == 39_168
    assert count(estimator.body[1:]) == 1_149_184
    assert count(estimator.values) == count(estimator.masks) == 267_023


def test_the_code_has_a_number_for_each_node():
    network, lq = Model(PRESETS["small"]).eval(), torch.rand(2, 3, 16, 20)
    code = network.encode(lq)
    assert code.shape == (2, 15)
    assert code[:, 1:].abs().sum() == 0
    assert code[:, :1].abs().min() > 0
    assert network.restore(lq, code).shape == lq.shape


def test_growing_a_level_changes_nothing_at_first():
    network, lq = Model(PRESETS["small"]).eval(), torch.rand(1, 3, 16, 16)
    before = network(lq)
    assert [network.grow() for _ in range(3)] == [2, 3, 4]
    torch.testing.assert_close(network(lq), before)
    with pytest.raises(ValueError, match="all 4 levels"):
        network.grow()


def test_a_grown_level_steers():
    network, lq = random(PRESETS["small"]), torch.rand(1, 3, 16, 16)
    before = network(lq)
    network.grow()
    assert (network(lq) - before).abs().max() > 1e-3


def test_how_far_the_tree_is_grown_is_in_the_weights():
    network = Model(PRESETS["small"])
    network.grow()
    other = Model(PRESETS["small"])
    other.load_state_dict(network.state_dict())
    assert int(other.grown) == 2


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_one_code_folds_into_a_plain_nafnet(levels):
    network = random(PRESETS["small"]).double()
    for _ in range(levels - 1):
        network.grow()
    lq = torch.rand(1, 3, 16, 12, dtype=torch.float64)
    code = network.encode(lq)
    p = network.params
    plain = nafnet.Model(
        nafnet.Params(width=p.width, encoder=p.encoder, middle=p.middle, decoder=p.decoder)
    ).double()
    plain.load_state_dict(network.folded(code[0]))
    torch.testing.assert_close(plain(lq), network.restore(lq, code), rtol=0, atol=1e-12)


def test_the_faithful_mask_cannot_be_sharp():
    faithful = Model(PRESETS["small"].model_copy(update={"mask_head": "sigmoid"}))
    masks = faithful.estimator(torch.rand(4, 3, 16, 16)).masks
    shares = masks[1].softmax(dim=1)
    assert 0.268 < shares.min() < shares.max() < 0.732


def test_the_faithful_start_is_random():
    network = Model(PRESETS["small"].model_copy(update={"start": "default"}))
    lq = torch.rand(1, 3, 16, 16)
    torch.nn.init.zeros_(network.backbone.tail.weight)
    assert any(block.maps[1].weight.abs().sum() > 0 for block in network.backbone.encoders[0])
    assert network(lq).isfinite().all()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"nodes": (1, 2, 3)}, "multiple of the nodes"), ({"encoder": (1,)}, "as many stages")],
)
def test_what_is_no_tree_is_refused(changes, rule):
    with pytest.raises(ValidationError, match=rule):
        Params(**changes)


def test_a_missing_code_is_refused():
    with pytest.raises(TypeError, match="got None"):
        Model(PRESETS["small"]).restore(torch.rand(1, 3, 16, 16), None)
