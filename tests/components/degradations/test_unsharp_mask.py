"""The unsharp mask against SciPy's dense convolution."""

import numpy as np
import torch
from scipy import ndimage
from skimage import data

from components.degradations.unsharp_mask import Degradation, Params
from components.draws import Draws


def sharpen(image: torch.Tensor, **params) -> torch.Tensor:
    return Degradation(Params(**params))(image, Draws(torch.zeros(len(image)))).image


def dense(image: np.ndarray) -> np.ndarray:
    """Follow the authors' code with a 51 x 51 table, one channel at a time."""
    offset = np.arange(51) - 25
    taps = np.exp(-(offset**2) / (2 * 8.0**2))  # OpenCV's width for 51 pixels: 0.3 * 24 + 0.8
    table = np.outer(taps, taps) / taps.sum() ** 2
    residual = image - ndimage.correlate(image, table, mode="mirror")
    soft = ndimage.correlate((np.abs(residual) * 255 > 10).astype(float), table, mode="mirror")
    return soft * np.clip(image + 0.5 * residual, 0, 1) + (1 - soft) * image


def test_it_is_what_the_dense_table_gives():
    crop = data.astronaut()[60:140, 180:270].transpose(2, 0, 1) / 255.0
    expected = np.stack([dense(channel) for channel in crop])
    given = sharpen(torch.from_numpy(crop)[None])[0]
    torch.testing.assert_close(given, torch.from_numpy(expected), atol=1e-12, rtol=0)


def test_edges_become_steeper_and_the_rest_stays():
    image = torch.full((1, 3, 8, 200), 0.4)
    image[..., 100:] = 0.6
    given = sharpen(image)
    assert given[..., 99].max() < 0.39
    assert given[..., 100].min() > 0.61
    torch.testing.assert_close(given[..., :40], image[..., :40], atol=1e-6, rtol=0)


def test_differences_under_the_threshold_stay():
    image = 0.5 + 0.01 * torch.rand(1, 3, 30, 30)
    torch.testing.assert_close(sharpen(image), image, atol=1e-6, rtol=0)


def test_the_picture_given_is_left_alone_and_the_range_kept():
    image = torch.rand(2, 3, 40, 40)
    before = image.clone()
    given = sharpen(image)
    assert torch.equal(image, before)
    assert given.min() >= 0
    assert given.max() <= 1
