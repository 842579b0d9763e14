"""Several degradations in order."""

import pytest
import torch
from pydantic import ValidationError

from components import degradations, parts
from components.config import load_params
from components.degradations import Degraded
from components.degradations.chain import Degradation, Params
from components.draws import Draws, seeds_for

BLUR = {"name": "gaussian_blur", "width": [0.5, 3.0]}
HALF = {"name": "bicubic_downsample", "scale": 2}
NOISE = {"name": "gaussian_noise", "level": 20.0}
ROUND = {"name": "quantise"}


class Stain(degradations.Degradation):
    """Leaves the image and marks one row of it."""

    def __init__(self, row: int) -> None:
        self.row = row

    def __call__(self, image: torch.Tensor, _: Draws) -> Degraded:
        mask = torch.zeros_like(image[:, :1])
        mask[:, :, self.row] = 1
        return Degraded(image, mask=mask)


def chain(*steps: dict[str, object]) -> Degradation:
    return Degradation(Params(steps=steps))


def draws(count: int) -> Draws:
    return Draws(seeds_for(0, torch.arange(count)))


def test_each_step_takes_what_the_one_before_gave():
    gt, numbers = torch.rand(2, 3, 16, 16), draws(2)
    expected = gt
    for step in (BLUR, HALF, NOISE, ROUND):
        expected = parts.build("degradations", parts.parse("degradations", step))(
            expected, numbers
        ).image
    assert torch.equal(chain(BLUR, HALF, NOISE, ROUND)(gt, draws(2)).image, expected)


def test_the_order_counts():
    gt, blur = torch.full((1, 3, 32, 32), 0.5), BLUR | {"width": 2.0}
    noise_last = chain(blur, NOISE)(gt, draws(1)).image
    blur_last = chain(NOISE, blur)(gt, draws(1)).image
    # A Gaussian of width s leaves white noise 1 / (2 s sqrt(pi)) of its deviation: here 0.14.
    assert 0.1 < blur_last.std() / noise_last.std() < 0.2


def test_scales_multiply():
    assert chain(HALF, BLUR, HALF).scale == 4
    assert chain(BLUR, NOISE).scale == 1


def test_all_that_was_drawn_is_told():
    drawn = chain(BLUR, HALF, NOISE)(torch.rand(2, 3, 16, 16), draws(2)).drawn
    assert set(drawn) == {"blur_width", "blur_second_width", "blur_angle", "noise_level"}


def test_a_name_that_comes_again_gets_a_number():
    other = NOISE | {"level": 5.0}
    drawn = chain(NOISE, ROUND, other, NOISE)(torch.rand(2, 3, 16, 16), draws(2)).drawn
    assert {name: values.tolist() for name, values in drawn.items()} == {
        "noise_level": [20, 20],
        "noise_level_2": [5, 5],
        "noise_level_3": [20, 20],
    }


def test_a_mask_after_shrinking_is_brought_to_the_size_of_the_ground_truth():
    small = chain(HALF, ROUND)
    small.steps[1:] = [Stain(1)]
    mask = small(torch.rand(2, 3, 6, 4), draws(2)).mask
    assert mask.shape == (2, 1, 6, 4)
    assert mask[0, 0].all(dim=1).tolist() == [False, False, True, True, False, False]


def test_masks_are_united():
    several = chain(ROUND, ROUND, ROUND)
    several.steps[1:] = [Stain(0), Stain(3)]
    mask = several(torch.rand(2, 3, 5, 5), draws(2)).mask
    assert mask.shape == (2, 1, 5, 5)
    assert mask[0, 0].any(dim=1).tolist() == [True, False, False, True, False]


def test_without_masks_the_damage_is_everywhere():
    assert chain(ROUND)(torch.rand(1, 3, 5, 5), draws(1)).mask is None


def test_the_chain_of_the_parameter_file_gives_a_sample_one_damage_in_any_company(request):
    params = load_params(request.config.rootpath / "params.yaml").chosen.degradation
    degradation = parts.build("degradations", params)
    gt, seeds = torch.rand(17, 3, 64, 64), seeds_for(0, torch.arange(17))
    together = degradation(gt, Draws(seeds))
    for chosen in (slice(4, 5), slice(0, 16), slice(3, 10)):
        given = degradation(gt[chosen], Draws(seeds[chosen]))
        # The last digit before rounding may be another, so that a pixel in many moves by one level.
        moved = (given.image - together.image[chosen]).abs()
        assert moved.max() < 1.01 / 255
        assert (moved > 0.5 / 255).float().mean() < 1e-3
        for name, values in given.drawn.items():
            assert torch.equal(values, together.drawn[name][chosen])


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "at least 1 item"),
        ([{"name": "gausian_blur"}], "did you mean 'gaussian_blur'"),
        ([{"name": "quantise", "bits": 8}], "bits"),
    ],
)
def test_wrong_steps_are_refused(steps, message):
    with pytest.raises(ValidationError, match=message):
        Params(steps=steps)
