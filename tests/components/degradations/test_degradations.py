"""What every file of the bin promises."""

import pytest
import torch

from components import degradations, parts
from components.draws import Draws, seeds_for
from components.parts import PartParams

# Parts that cannot be built from their defaults.
NEEDED = {
    "chain": {
        "steps": [
            {"name": "gaussian_blur", "width": [0.2, 4.0], "second_width": [0.2, 4.0]},
            {"name": "bicubic_downsample", "scale": 2},
            {"name": "gaussian_noise", "level": [0.0, 25.0]},
        ]
    }
}
SIDES = (24, 32)  # multiples of every default scale, larger than half of every default kernel


def every_part(test):
    return pytest.mark.parametrize("name", parts.names("degradations"))(test)


def params_of(name: str) -> PartParams:
    return parts.parse("degradations", {"name": name, **NEEDED.get(name, {})})


def build(name: str) -> degradations.Degradation:
    return parts.build("degradations", params_of(name))


def pictures(count: int = 6) -> torch.Tensor:
    return torch.rand(count, 3, *SIDES)


def draws(numbers: torch.Tensor) -> Draws:
    return Draws(seeds_for(0, numbers))


@every_part
def test_it_is_a_degradation_that_says_what_it_is(name):
    part = parts.load("degradations", name)
    assert issubclass(part.Degradation, degradations.Degradation)
    assert part.__doc__.splitlines()[0].endswith((".", ":"))
    assert params_of(name).name == name


@every_part
def test_parameters_survive_being_written_as_json(name):
    params = params_of(name)
    assert parts.parse("degradations", params.model_dump(mode="json")) == params


@every_part
def test_it_shrinks_by_its_scale_and_leaves_the_ground_truth_alone(name):
    degradation, gt = build(name), pictures()
    before = gt.clone()
    given = degradation(gt, draws(torch.arange(6)))
    assert given.image.shape == (6, 3, *(side // degradation.scale for side in SIDES))
    assert given.image.dtype == gt.dtype
    assert given.image.isfinite().all()
    assert torch.equal(gt, before)


@every_part
def test_it_stays_near_the_range_of_pictures(name):
    image = build(name)(pictures(), draws(torch.arange(6))).image
    assert image.min() > -0.7  # noise of deviation 25 / 255 stays within 5.8 deviations
    assert image.max() < 1.7


@every_part
def test_the_same_seeds_give_the_same_damage(name):
    gt, numbers = pictures(), torch.arange(6)
    first, second = (build(name)(gt, draws(numbers)) for _ in range(2))
    assert torch.equal(first.image, second.image)


@every_part
def test_a_samples_damage_does_not_depend_on_its_company(name):
    degradation, gt = build(name), pictures()
    together = degradation(gt, draws(torch.arange(6)))
    for chosen in (torch.tensor([3]), torch.tensor([5, 3, 0, 1])):
        given = degradation(gt[chosen], draws(chosen))
        torch.testing.assert_close(given.image, together.image[chosen], atol=1e-6, rtol=0)
        for key, values in given.drawn.items():
            assert torch.equal(values, together.drawn[key][chosen])


@every_part
def test_what_was_drawn_is_one_row_a_sample(name):
    given = build(name)(pictures(), draws(torch.arange(6)))
    assert all(values.shape[0] == 6 and values.ndim <= 2 for values in given.drawn.values())
    assert given.mask is None or given.mask.shape == (6, 1, *SIDES)
