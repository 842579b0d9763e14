"""The blur against SciPy; its kernels are tested in test_kernels.py of the pictures."""

import pytest
import torch
from pydantic import ValidationError
from scipy import ndimage

from components.degradations.gaussian_blur import Degradation, Params
from components.draws import Draws, seeds_for
from components.errors import PictureError
from components.pictures.kernels import gaussian_kernel


def draws(count: int) -> Draws:
    return Draws(seeds_for(0, torch.arange(count)))


def test_width_zero_is_the_picture_itself():
    gt = torch.rand(2, 3, 16, 16)
    given = Degradation(Params(width=0.0))(gt, draws(2))
    assert torch.equal(given.image, gt)


def test_each_sample_is_blurred_with_its_own_kernel_as_scipy_does():
    gt = torch.rand(3, 3, 17, 24, dtype=torch.float64)
    params = Params(width=(0.5, 3.0), second_width=(0.5, 3.0), kernel_pixels=9)
    given = Degradation(params)(gt, draws(3))
    kernels = gaussian_kernel(*given.drawn.values(), pixels=9).double()
    for sample in range(3):
        for channel in range(3):
            expected = ndimage.correlate(gt[sample, channel], kernels[sample], mode="mirror")
            torch.testing.assert_close(
                given.image[sample, channel], torch.from_numpy(expected), atol=1e-12, rtol=0
            )


def test_widths_and_angles_are_drawn_within_their_ranges():
    params = Params(width=(1.0, 2.0), second_width=(3.0, 4.0), angle=(10.0, 20.0), kernel_pixels=3)
    drawn = Degradation(params)(torch.rand(500, 1, 4, 4), draws(500)).drawn
    for name, (low, high) in {
        "blur_width": (1, 2),
        "blur_second_width": (3, 4),
        "blur_angle": (10, 20),
    }.items():
        assert drawn[name].min() == pytest.approx(low, abs=0.01 * high)
        assert drawn[name].max() == pytest.approx(high, abs=0.01 * high)


def test_without_a_second_width_all_kernels_are_isotropic():
    drawn = Degradation(Params())(torch.rand(50, 1, 12, 12), draws(50)).drawn
    assert torch.equal(drawn["blur_width"], drawn["blur_second_width"])
    assert not drawn["blur_angle"].any()


def test_the_isotropic_share_is_kept():
    params = Params(second_width=(0.2, 4.0), isotropic_share=0.25, kernel_pixels=3)
    drawn = Degradation(params)(torch.rand(4000, 1, 4, 4), draws(4000)).drawn
    isotropic = drawn["blur_width"] == drawn["blur_second_width"]
    assert isotropic.float().mean() == pytest.approx(0.25, abs=0.03)  # four standard deviations
    assert not drawn["blur_angle"][isotropic].any()
    assert drawn["blur_angle"][~isotropic].all()


def test_per_batch_blurs_all_samples_alike():
    params = Params(second_width=(0.2, 4.0), isotropic_share=0.5, per="batch")
    drawn = Degradation(params)(torch.rand(5, 3, 16, 16), draws(5)).drawn
    assert all(len(values.unique()) == 1 for values in drawn.values())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel_pixels": 20}, "must be odd"),
        ({"isotropic_share": 0.5}, "needs a second_width"),
        ({"width": (2.0, 1.0)}, "needs 0 <= low <= high"),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        Params(**wrong)


def test_a_picture_smaller_than_the_kernels_reach_is_refused():
    with pytest.raises(PictureError, match="reach 10 needs sides above 10 pixels, got 10x30"):
        Degradation(Params())(torch.rand(1, 3, 10, 30), draws(1))


def test_black_outside_darkens_the_rim():
    given = Degradation(Params(width=2.0, border="zero"))(torch.ones(1, 3, 30, 30), draws(1))
    row = given.image[0, 0, 15]
    assert row[15].item() == pytest.approx(1, abs=1e-4)
    assert row[0].item() == pytest.approx(0.6, abs=0.01)  # half, and half of the middle's fifth
