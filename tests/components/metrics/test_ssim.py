"""SSIM against scikit-image set to the authors' form, and against numbers worked by hand."""

import pytest
import torch
from skimage import data
from skimage.metrics import structural_similarity

from components.errors import PairError
from components.metrics import ssim


def reference(restored, gt):
    """Average scikit-image's map over the places where the whole window lies inside."""
    maps = structural_similarity(
        restored.numpy(),
        gt.numpy(),
        channel_axis=0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        full=True,
    )[1]
    return maps[:, 5:-5, 5:-5].mean()


@pytest.fixture(scope="module")
def photograph():
    pixels = torch.from_numpy(data.astronaut()[100:243, 150:340].copy())
    return pixels.permute(2, 0, 1)[None].double() / 255


def damages(gt):
    noise = torch.randn(gt.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    return {
        "faint": (gt + 0.004 * noise).clamp(0, 1),
        "noise": (gt + 0.1 * noise).clamp(0, 1),
        "shift": gt.roll(1, dims=-1),
        "grey": gt.mean(dim=1, keepdim=True).expand_as(gt).contiguous(),
        "dark": 0.2 * gt,
        "inverse": 1 - gt,
        "bright": torch.ones_like(gt),
    }


@pytest.mark.parametrize("damage", ["faint", "noise", "shift", "grey", "dark", "inverse", "bright"])
def test_it_equals_scikit_image_on_a_photograph(photograph, damage):
    restored = damages(photograph)[damage]
    measured = ssim.measure(restored, photograph).item()
    assert measured == pytest.approx(reference(restored[0], photograph[0]), abs=1e-6)


def test_bright_flat_pictures_do_not_suffer_from_single_precision():
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 3, 64, 80, dtype=torch.float64, generator=generator)
    gt, restored = 0.98 + 0.01 * noise, 0.98 + 0.01 * noise.flip(-1)
    measured = ssim.measure(restored, gt).item()
    assert measured == pytest.approx(reference(restored[0], gt[0]), abs=1e-6)


def test_two_flat_pictures_differ_by_their_means_alone():
    # Variances are zero: (2 * 0.2 * 0.6 + 0.0001) / (0.04 + 0.36 + 0.0001).
    gt = torch.full((1, 1, 16, 12), 0.6, dtype=torch.float64)
    restored = torch.full_like(gt, 0.2)
    assert ssim.measure(restored, gt).item() == pytest.approx(0.2401 / 0.4001, abs=1e-6)


def test_equal_images_give_exactly_one(photograph):
    assert ssim.measure(photograph, photograph).item() == 1.0


def test_a_batch_gives_what_its_images_give_alone(photograph):
    restored = torch.cat(list(damages(photograph).values()))
    gt = photograph.expand_as(restored)
    together = ssim.measure(restored, gt)
    alone = [ssim.measure(image[None], photograph).item() for image in restored]
    assert together.dtype == torch.float64
    assert together.tolist() == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize(
    ("height", "width"), [(11, 11), (42, 26), (43, 27), (74, 40), (75, 42), (11, 190), (143, 11)]
)
def test_sides_around_a_strip_and_a_block_are_covered_whole(photograph, height, width):
    gt = photograph[..., :height, :width]
    restored = damages(gt.contiguous())["noise"]
    measured = ssim.measure(restored, gt).item()
    assert measured == pytest.approx(reference(restored[0], gt[0]), abs=1e-6)


def test_less_than_a_window_is_refused():
    small = torch.zeros(1, 1, 10, 40)
    with pytest.raises(PairError, match="at least 11 pixels, got 10x40"):
        ssim.measure(small, small)


def test_what_cannot_be_compared_is_refused():
    image = torch.zeros(1, 1, 12, 12)
    with pytest.raises(PairError, match="one shape"):
        ssim.measure(image, image[..., 1:])
    with pytest.raises(PairError, match="restored must lie in"):
        ssim.measure(image - 0.5, image)
