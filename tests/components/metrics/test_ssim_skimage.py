"""SSIM under a box against scikit-image itself, which is what it stands for."""

import pytest
import torch
from skimage.metrics import structural_similarity

from components.errors import PairError
from components.metrics import ssim_skimage


def reference(restored, gt):
    return structural_similarity(restored.numpy(), gt.numpy(), channel_axis=0, data_range=1.0)


@pytest.mark.parametrize("sides", [(7, 7), (38, 22), (39, 23), (143, 190)])
def test_it_equals_scikit_images_default(astronaut, sides):
    gt = astronaut[..., 100 : 100 + sides[0], 50 : 50 + sides[1]]
    noise = torch.randn(gt.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    for restored in ((gt + 0.1 * noise).clamp(0, 1), gt.roll(1, dims=-1), 0.2 * gt, 1 - gt):
        expected = reference(restored[0], gt[0])
        assert ssim_skimage.measure(restored, gt).item() == pytest.approx(expected, abs=1e-6)


def test_variances_are_those_of_a_sample():
    # One window; of its 49 pixels one is a, the rest 0: mean a / 49, sample variance a^2 / 49.
    x, y = torch.zeros(2, 1, 1, 7, 7, dtype=torch.float64)
    x[..., 3, 3], y[..., 3, 3] = 0.5, 1.0
    light = (2 * 0.5 / 49**2 + 1e-4) / (1.25 / 49**2 + 1e-4)
    structure = (2 * 0.5 / 49 + 9e-4) / (1.25 / 49 + 9e-4)
    measured = ssim_skimage.measure(x, y).item()
    assert measured == pytest.approx(light * structure, abs=1e-6)


def test_each_image_of_a_batch_has_its_own_number_and_equal_ones_have_one(astronaut):
    gt = astronaut[..., :30, :30].expand(2, -1, -1, -1)
    measured = ssim_skimage.measure(torch.cat((0.5 * gt[:1], gt[:1])), gt)
    assert measured.dtype == torch.float64
    assert measured[0] < 0.9
    assert measured[1] == 1


def test_what_cannot_be_compared_is_refused():
    image = torch.zeros(1, 1, 12, 12)
    with pytest.raises(PairError, match="one shape"):
        ssim_skimage.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        ssim_skimage.measure(image - 1, image)
    with pytest.raises(PairError, match="box needs sides of at least 7 pixels, got 12x6"):
        ssim_skimage.measure(image[..., :6], image[..., :6])
