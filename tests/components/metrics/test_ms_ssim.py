"""MS-SSIM against another implementation and numbers worked by hand."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.metrics import structural_similarity

from components.errors import PairError
from components.metrics import ms_ssim

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)

# piq 0.8.0, piq.multi_scale_ssim(restored, gt, data_range=1.0), in double on the same pictures, whose
# sides are multiples of 16: the two ways of halving odd sides agree there.
BY_PIQ = {"noise": 0.8313594149, "shift": 0.9627679202, "dark": 0.4676988854, "inverse": 0.0}


def damages(gt):
    noise = torch.randn(gt.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    noisy = (gt + 0.1 * noise).clamp(0, 1)
    return {"noise": noisy, "shift": gt.roll(1, dims=-1), "dark": 0.2 * gt, "inverse": 1 - gt}


def slow(restored, gt):
    """Evaluate the definition on one channel by scikit-image's maps and the authors' halving."""
    product = 1.0
    for scale, weight in enumerate(WEIGHTS):
        ssim = structural_similarity(
            restored,
            gt,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
            full=True,
        )[1][5:-5, 5:-5]
        if scale < 4:
            x, y = (
                ndimage.gaussian_filter(image, 1.5, truncate=3.5)[5:-5, 5:-5]
                for image in (restored, gt)
            )
            ssim = ssim / ((2 * x * y + 1e-4) / (x**2 + y**2 + 1e-4))
        product *= max(ssim.mean(), 0) ** weight
        restored, gt = (
            # Each pixel with its neighbours below and on the right, the edge repeated.
            ndimage.uniform_filter(image, 2, mode="nearest", origin=-1)[::2, ::2]
            for image in (restored, gt)
        )
    return product


@pytest.mark.parametrize("damage", BY_PIQ)
def test_it_equals_piq_on_a_photograph(astronaut, damage):
    restored = damages(astronaut)[damage]
    measured = ms_ssim.measure(restored, astronaut).item()
    assert measured == pytest.approx(BY_PIQ[damage], abs=1e-6)


@pytest.mark.parametrize("sides", [(161, 161), (199, 230)])
def test_it_equals_the_definition_where_sides_are_odd(astronaut, sides):
    gt = astronaut[:, :1, : sides[0], : sides[1]]
    restored = damages(gt)["noise"]
    expected = slow(restored[0, 0].numpy(), gt[0, 0].numpy())
    assert ms_ssim.measure(restored, gt).item() == pytest.approx(expected, abs=1e-6)


def test_of_flat_pictures_only_the_coarsest_luminance_speaks():
    gt = torch.full((1, 1, 161, 170), 0.6, dtype=torch.float64)
    expected = (0.2401 / 0.4001) ** 0.1333  # (2 * 0.2 * 0.6 + C1) / (0.04 + 0.36 + C1)
    measured = ms_ssim.measure(torch.full_like(gt, 0.2), gt).item()
    assert measured == pytest.approx(expected, abs=1e-6)


def test_channels_are_averaged_after_the_product(astronaut):
    restored = damages(astronaut)["noise"]
    alone = [ms_ssim.measure(restored[:, [c]], astronaut[:, [c]]).item() for c in range(3)]
    together = ms_ssim.measure(restored, astronaut).item()
    assert together == pytest.approx(np.mean(alone), abs=1e-12)


def test_each_image_of_a_batch_has_its_own_number_and_equal_ones_have_one(astronaut):
    gt = astronaut[..., :176, :176].expand(2, -1, -1, -1)
    measured = ms_ssim.measure(torch.cat((0.5 * gt[:1], gt[:1])), gt)
    assert measured.dtype == torch.float64
    assert measured[0] < 0.95
    assert measured[1] == 1


def test_what_cannot_be_compared_is_refused():
    image = torch.zeros(1, 1, 161, 161)
    with pytest.raises(PairError, match="one shape"):
        ms_ssim.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        ms_ssim.measure(image - 1, image)
    with pytest.raises(PairError, match="MS-SSIM needs sides of at least 161 pixels, got 161x160"):
        ms_ssim.measure(image[..., 1:], image[..., 1:])
