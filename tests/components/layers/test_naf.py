import torch
import torch.nn.functional as F

from components.layers.naf import LayerNorm, NafBlock, gate


def test_an_untrained_block_gives_its_input():
    x = torch.rand(2, 4, 5, 6)
    torch.testing.assert_close(NafBlock(4)(x), x)


def test_the_norm_is_pytorchs_over_channels():
    norm, x = LayerNorm(6), torch.rand(2, 6, 3, 4)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    last = F.layer_norm(x.movedim(1, -1), (6,), norm.weight, norm.bias, eps=1e-6)
    torch.testing.assert_close(norm(x), last.movedim(-1, 1))


def test_the_gate_multiplies_halves():
    x = torch.tensor([2.0, 3.0, 5.0, 7.0]).view(1, 4, 1, 1)
    assert gate(x).flatten().tolist() == [10.0, 21.0]
