"""The encoder and the mask network against the counts of their specification."""

import pytest
import torch

from components.layers.dense_unet import DenseBlock, Encoder, MaskNet, Up

WIDTHS = (32, 64, 128, 192)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_networks_have_their_number_of_parameters():
    assert count(Encoder(WIDTHS)) == 2_972_448
    assert count(MaskNet(WIDTHS)) == 3_645_905


def test_the_encoder_gives_four_levels():
    taps = Encoder((4, 6, 8, 10))(torch.rand(2, 3, 16, 24))
    assert [tuple(tap.shape) for tap in taps] == [
        (2, 4, 16, 24),
        (2, 6, 8, 12),
        (2, 8, 4, 6),
        (2, 10, 2, 3),
    ]


def test_the_mask_is_as_large_as_the_image():
    assert MaskNet((4, 6, 8, 10))(torch.rand(2, 3, 16, 24)).shape == (2, 1, 16, 24)


def test_decoding_the_taps_is_what_the_network_does():
    net, image = MaskNet((4, 6, 8, 10)), torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(net.decode(net.encoder(image)), net(image))


def test_a_dense_block_starts_from_its_input():
    block, x = DenseBlock(6), torch.rand(1, 6, 5, 5)
    torch.nn.init.zeros_(block.gather.weight)
    torch.nn.init.zeros_(block.gather.bias)
    torch.testing.assert_close(block(x), x)


@pytest.mark.parametrize("side", [1, 4])
def test_up_doubles_the_sides(side):
    up = Up(6, 4)
    assert up(torch.rand(1, 6, side, side), torch.rand(1, 4, 2 * side, 2 * side)).shape == (
        1,
        4,
        2 * side,
        2 * side,
    )
