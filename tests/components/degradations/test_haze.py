"""The model of haze, inverted; and the depth that is drawn."""

import pytest
import torch
from pydantic import ValidationError
from skimage import data

from components.degradations.haze import Degradation, Params
from components.draws import Draws, seeds_for


@pytest.fixture(scope="module")
def gt():
    crop = torch.from_numpy(data.coffee()[:120, 100:250].copy())
    return (crop.permute(2, 0, 1)[None].double() / 255).expand(5, -1, -1, -1)


def haze(gt: torch.Tensor, **params):
    return Degradation(Params(**params))(gt, Draws(seeds_for(0, torch.arange(len(gt)))))


def test_mask_and_airlight_undo_the_haze(gt):
    given = haze(gt)
    transmission = 1 - given.mask
    airlight = given.drawn["haze_airlight"].view(-1, 1, 1, 1)
    torch.testing.assert_close(
        given.image, gt * transmission + airlight * (1 - transmission), atol=1e-12, rtol=0
    )


def test_depth_goes_from_zero_to_the_farthest(gt):
    given = haze(gt, far=1.5)
    density = given.drawn["haze_density"].double()
    depth = -(1 - given.mask).log().flatten(1) / density.unsqueeze(1)
    torch.testing.assert_close(depth.amin(dim=1), torch.zeros(5).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(depth.amax(dim=1), torch.full((5,), 1.5).double(), atol=1e-4, rtol=0)


def test_the_top_is_farther_than_the_bottom(gt):
    veil = haze(gt, hills=0.2).mask
    assert (veil[:, :, :40].mean(dim=(1, 2, 3)) > 1.5 * veil[:, :, 80:].mean(dim=(1, 2, 3))).all()


def test_every_sample_has_hills_of_its_own(gt):
    veil = haze(gt, density=1.0, hills=1.0).mask
    assert (veil[1:] - veil[0]).abs().amax(dim=(1, 2, 3)).min() > 0.1


def test_without_density_there_is_no_haze(gt):
    given = haze(gt, density=0.0)
    assert torch.equal(given.image, gt)
    assert not given.mask.any()


def test_a_flat_row_of_pixels_can_be_hazed():
    assert haze(torch.full((2, 3, 1, 1), 0.5)).image.isfinite().all()


def test_a_depth_of_nothing_is_refused():
    with pytest.raises(ValidationError, match="greater than 0"):
        Params(far=0.0)
