import torch

from components.models.mask_net import PRESETS, Model


def test_the_papers_network_has_its_number_of_parameters():
    with torch.device("meta"):
        network = Model(PRESETS["paper"])
    assert sum(p.numel() for p in network.parameters()) == 3_645_905


def test_a_mask_is_a_probability_for_each_pixel():
    network, lq = Model(PRESETS["small"]), torch.rand(2, 3, 16, 24)
    mask = network(lq)
    assert mask.shape == (2, 1, 16, 24)
    assert 0 < mask.min() < mask.max() < 1
    torch.testing.assert_close(mask, network.logits(lq).sigmoid())
