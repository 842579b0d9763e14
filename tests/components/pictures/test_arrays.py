"""The bridge to scikit-image: what goes over it comes back, and what it asks for is right."""

import numpy as np
import pytest
import skimage.data
import torch

from components.pictures import arrays


def test_a_batch_comes_back_as_it_was_image_by_image():
    images = torch.rand(2, 3, 5, 7)
    seen = []
    done = arrays.each(images, lambda image: (seen.append(image.shape), image)[1])
    assert seen == [(5, 7, 3)] * 2
    assert torch.equal(done, images)
    assert done.dtype == torch.float32


def test_shapes_alone_pass_without_a_call():
    done = arrays.each(torch.empty(2, 3, 5, 7, device="meta"), lambda image: 1 / 0)
    assert (done.shape, done.device.type) == ((2, 3, 5, 7), "meta")


def test_channels_are_treated_one_by_one():
    image = np.random.default_rng(0).random((4, 5, 3))
    done = arrays.by_channel(lambda channel: channel.mean() + 0 * channel)(image)
    assert np.allclose(done[0, 0], image.mean((0, 1)))


def test_a_function_sees_the_picture_mirrored_beyond_its_edges():
    channel = np.random.default_rng(0).random((6, 50))
    seen = []
    done = arrays.mirrored(lambda wide: (seen.append(wide), wide)[1])(channel)
    assert np.array_equal(done, channel)
    assert np.array_equal(seen[0][20:-20, 17:20], channel[:, 2::-1])


def test_a_spread_has_sum_one_and_its_width():
    spread = arrays.gaussian_spread(1.8)
    offset = np.arange(-10, 11)
    assert spread.shape == (21, 21)
    assert spread.sum() == pytest.approx(1, abs=1e-12)
    assert (spread.sum(0) * offset**2).sum() == pytest.approx(1.8**2, rel=1e-4)


def test_a_narrow_spread_is_one_pixel():
    assert arrays.gaussian_spread(0.1)[10, 10] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("level", [15, 25, 50])
def test_the_level_of_noise_is_found_within_a_tenth(level):
    clean = skimage.data.chelsea() / 255
    noisy = clean + np.random.default_rng(0).normal(0, level / 255, clean.shape)
    assert arrays.noise_level(noisy) * 255 == pytest.approx(level, rel=0.1)


def test_a_ramp_has_no_noise():
    ramp = np.linspace(0, 1, 30)[:, None, None] + np.zeros((30, 20, 3))
    assert arrays.noise_level(ramp) == pytest.approx(0, abs=1e-12)
