"""Convolution and smoothing against SciPy."""

import pytest
import torch
from scipy import ndimage

from components.errors import PictureError
from components.pictures.filters import convolve, smooth

SCIPY = {"reflect": "mirror", "fold": "mirror", "replicate": "nearest", "constant": "constant"}


def filtered(image: torch.Tensor, kernel: torch.Tensor, border: str) -> torch.Tensor:
    """Correlate every channel with its sample's kernel by SciPy."""
    rows = [
        [
            torch.from_numpy(ndimage.correlate(channel.numpy(), k.numpy(), mode=SCIPY[border]))
            for channel in sample
        ]
        for sample, k in zip(image, kernel, strict=True)
    ]
    return torch.stack([torch.stack(row) for row in rows])


@pytest.mark.parametrize("border", list(SCIPY))
@pytest.mark.parametrize("sides", [(5, 5), (1, 7), (3, 1)])
@pytest.mark.parametrize("count", [1, 3, 17])
def test_every_picture_is_filtered_with_its_own_kernel(border, sides, count):
    image = torch.rand(count, 3, 13, 18, dtype=torch.float64)
    kernel = torch.rand(count, *sides, dtype=torch.float64)
    given = convolve(image, kernel, border=border)
    torch.testing.assert_close(given, filtered(image, kernel, border), atol=1e-12, rtol=0)


def test_a_folded_border_is_mirrored_as_often_as_it_takes():
    image, kernel = torch.rand(2, 3, 4, 3).double(), torch.rand(2, 21, 21).double()
    given = convolve(image, kernel, border="fold")
    torch.testing.assert_close(given, filtered(image, kernel, "fold"), atol=1e-11, rtol=0)
    assert torch.isfinite(convolve(image[..., :1, :1], kernel, border="fold")).all()


def test_a_pictures_values_do_not_depend_on_its_company():
    image, kernel = torch.rand(9, 3, 40, 33), torch.rand(9, 11, 11)
    together = convolve(image, kernel)
    for chosen in (slice(4, 5), slice(0, 2), slice(3, 9)):
        assert torch.equal(convolve(image[chosen], kernel[chosen]), together[chosen])


def test_no_picture_gives_no_picture():
    assert convolve(torch.rand(0, 3, 8, 8), torch.rand(0, 3, 3)).shape == (0, 3, 8, 8)


def test_a_reflected_border_needs_something_to_reflect():
    with pytest.raises(PictureError, match="reach 10 needs sides above 10 pixels, got 10x30"):
        convolve(torch.rand(1, 3, 10, 30), torch.rand(1, 21, 21))


@pytest.mark.parametrize("sides", [(150, 70), (65, 129), (9, 200), (1, 1)])
def test_smoothing_is_scipys_gaussian(sides):
    image = torch.rand(2, 3, *sides, dtype=torch.float64)
    expected = ndimage.gaussian_filter(
        image.numpy(), (0, 0, 8, 8), mode="mirror", radius=(0, 0, 25, 25)
    )
    given = smooth(image, 8.0, reach=25)
    torch.testing.assert_close(given, torch.from_numpy(expected), atol=1e-12, rtol=0)
