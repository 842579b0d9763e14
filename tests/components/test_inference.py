"""Pictures of any size: whole, padded, or in tiles that no one can see."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from components import models
from components.inference import restore
from components.models import bicubic, kdsr


class Blocks(models.RestorationModel):
    """Works on 4 x 4 blocks of pixels: a place in the wrong block gives other numbers."""

    multiple_of = 4
    halo = 5  # a neighbouring block, and one pixel: no multiple of 4

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(48, 48, 3, padding=1).double()
        self.seen = []

    def encode(self, lq, gt=None):
        self.seen.append((lq, gt))

    def restore(self, lq, _):
        return F.pixel_shuffle(self.conv(F.pixel_unshuffle(lq, 4)), 4)


class Enlarge(models.RestorationModel):
    """Repeats pixels, and asks for multiples of 8."""

    scale = 2
    multiple_of = 8
    privileged = True

    def encode(self, lq, gt=None):
        assert gt.shape[-2:] == (2 * lq.shape[-2], 2 * lq.shape[-1])

    def restore(self, lq, _):
        assert lq.shape[-2] % 8 == lq.shape[-1] % 8 == 0
        return lq.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


def small_kdsr(**changes):
    network = kdsr.Model(kdsr.PRESETS["small"].model_copy(update={"channels": 6} | changes))
    nn.init.normal_(network.trunk.tail.weight, std=0.1)  # it starts at zero
    return network.double().eval()


def pictures(*shape):
    return torch.rand(shape, dtype=torch.float64)


def close(one, other):
    torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("size", [(37, 41), (17, 33), (16, 50), (5, 40)])
@pytest.mark.parametrize("batch", [1, 3])
def test_tiles_of_kdsr_give_what_the_whole_picture_gives(size, batch):
    network, lq = small_kdsr(), pictures(batch, 3, *size)
    whole = restore(network, lq)
    assert whole.shape == (batch, 3, 4 * size[0], 4 * size[1])
    close(restore(network, lq, tile=16), whole)


@pytest.mark.parametrize("tile", [7, 16, 40])
def test_tiles_of_bicubic_give_what_the_whole_picture_gives(tile):
    network, lq = bicubic.Model(bicubic.Params(scale=3)), pictures(3, 3, 41, 35)
    close(restore(network, lq, tile=tile), restore(network, lq))


@pytest.mark.parametrize("tile", [6, 8, 11])
@pytest.mark.parametrize("size", [(24, 32), (23, 33), (9, 41)])
def test_tiles_and_halos_that_are_no_multiples_do_not_shift_the_blocks(tile, size):
    network, lq = Blocks(), pictures(2, 3, *size)
    close(restore(network, lq, tile=tile), restore(network, lq))


def test_a_halo_too_small_would_be_seen():
    network, lq = small_kdsr(), pictures(1, 3, 40, 40)
    whole = restore(network, lq)
    network.halo = 2
    assert (restore(network, lq, tile=16) - whole).abs().max() > 1e-6


def test_a_privileged_network_is_tiled_under_the_code_of_the_whole():
    network = small_kdsr(privileged=True)
    lq, gt = pictures(2, 3, 21, 18), pictures(2, 3, 84, 72)
    whole = restore(network, lq, gt=gt)
    close(restore(network, lq, gt=gt, tile=8), whole)
    assert (
        restore(network, lq, gt=1 - gt) - whole
    ).abs().max() > 1e-8  # untrained, it hardly steers


def test_the_code_is_made_once_from_the_whole_picture():
    network, lq = Blocks(), pictures(1, 3, 40, 40)
    restore(network, lq, tile=8)
    assert len(network.seen) == 1
    assert torch.equal(network.seen[0][0], lq)


@pytest.mark.parametrize("size", [(8, 16), (9, 15), (1, 3), (5, 8)])
def test_sides_are_padded_to_what_the_network_needs_and_cut_back(size):
    lq, gt = pictures(2, 3, *size), pictures(2, 3, 2 * size[0], 2 * size[1])
    expected = lq.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
    for tile in (0, 8):
        assert torch.equal(restore(Enlarge(), lq, gt=gt, tile=tile), expected)


def test_the_padding_is_the_reflection_and_for_tiny_pictures_the_last_pixel():
    network = Blocks()
    ramp = torch.arange(6.0, dtype=torch.float64).expand(1, 3, 6, 6)
    restore(network, ramp)
    assert network.seen[-1][0][0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5, 4, 3]
    restore(network, ramp[..., :2, :2])
    assert network.seen[-1][0][0, 0, 0].tolist() == [0, 1, 1, 1]


def test_no_gradient_is_kept():
    assert not restore(small_kdsr(), pictures(1, 3, 8, 8)).requires_grad
