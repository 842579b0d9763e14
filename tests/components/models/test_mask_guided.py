"""Mask-guided restoration against its counts, at the ends of the mask, and where gradients go."""

import pytest
import torch

from components.models.mask_guided import PRESETS, Context, Gated, Model, true_mask

SMALL = PRESETS["small"]


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_papers_restorer_has_its_number_of_parameters():
    with torch.device("meta"):
        network = Model(PRESETS["paper"])
    assert count(network.restorer) == 6_903_283
    assert count(network.mask_net) == 3_645_905


@pytest.mark.parametrize(
    ("channels", "gated"), [(32, 28_032), (64, 111_360), (128, 443_904), (192, 997_632)]
)
def test_a_gated_convolution_has_its_number_of_parameters(channels, gated):
    assert count(Gated(channels, guided=True)) == gated


@pytest.mark.parametrize(("channels", "context"), [(192, 61_856), (128, 33_088)])
def test_a_context_module_has_its_number_of_parameters(channels, context):
    assert count(Context(channels)) == context


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_mask_that_is_one_everywhere_or_nowhere_stays_finite(level):
    network, lq = Model(SMALL), torch.rand(1, 3, 16, 16)
    restored = network.restore(lq, torch.full((1, 1, 16, 16), level))
    restored.square().mean().backward()
    assert restored.isfinite().all()
    assert all(p.grad.isfinite().all() for p in network.restorer.parameters() if p.grad is not None)


def test_intact_pixels_are_left_alone_by_the_context():
    context, x = Context(8), torch.rand(1, 8, 6, 6)
    torch.testing.assert_close(context(x, torch.zeros(1, 1, 6, 6)), x)


def test_the_mask_network_gets_no_gradient():
    network = Model(SMALL)
    network(torch.rand(1, 3, 16, 16)).sum().backward()
    assert all(p.grad is None for p in network.mask_net.parameters())
    assert any(p.grad is not None for p in network.restorer.parameters())


@pytest.mark.parametrize("mask", ["guide", "input", "none"])
def test_every_use_of_the_mask_restores(mask):
    network = Model(SMALL.model_copy(update={"mask": mask}))
    assert (network.mask_net is None) == (mask == "none")
    assert network(torch.rand(2, 3, 24, 16)).shape == (2, 3, 24, 16)


def test_the_true_mask_comes_from_the_ground_truth():
    network = Model(SMALL.model_copy(update={"true_mask": True})).eval()
    gt = torch.rand(1, 3, 16, 16)
    lq = gt.clone()
    lq[..., :8] = 1 - lq[..., :8]
    code = network.encode(lq, gt)
    assert network.privileged
    assert code[..., 8:].sum() == 0
    assert code[..., :8].mean() > 0.9
    torch.testing.assert_close(network(lq, gt), network.restore(lq, code))


def test_a_mask_counts_the_worst_channel():
    gt = torch.zeros(1, 3, 1, 1)
    lq = torch.tensor([0.0, 0.0, 0.12]).view(1, 3, 1, 1)
    assert true_mask(lq, gt, threshold=0.1).item() == 1
    assert true_mask(lq, gt, threshold=0.13).item() == 0
