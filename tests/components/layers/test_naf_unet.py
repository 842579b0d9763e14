import pytest
import torch

from components.layers.naf_unet import NafUnet


@pytest.mark.parametrize("size", [(4, 4), (8, 12)])
def test_the_restored_image_is_as_large_as_the_degraded_one(size):
    unet = NafUnet(4, (1, 0), 1, (0, 1))
    assert unet.multiple_of == 4
    assert unet(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_encoding_and_decoding_is_what_the_network_does():
    unet, lq = NafUnet(4, (1,), 1, (1,)), torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(unet.decode(lq, *unet.encode(lq)), unet(lq))


def test_a_code_reaches_the_encoders_blocks_alone():
    class Adder(torch.nn.Module):
        def forward(self, x, code):
            return x + code[:, :, None, None]

    unet, lq = NafUnet(3, (1, 1), 1, (1, 1), lambda _: Adder()), torch.rand(1, 3, 4, 4)
    with pytest.raises(RuntimeError):  # the second stage has six channels
        unet(lq, torch.rand(1, 3))
    assert unet(lq, torch.rand(1, 1)).shape == lq.shape
