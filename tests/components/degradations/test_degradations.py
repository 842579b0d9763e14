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
# Parts that do the same to every sample, and parts that say where the damage is.
DRAWS_NOTHING = {"bicubic_downsample", "downsample", "quantise", "unsharp_mask"}
MASKED = {"haze", "motion_blur", "rain_streaks", "raindrops"}

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
@pytest.mark.parametrize("sides", [SIDES, (44, 28), (100, 68)])
def test_a_samples_damage_does_not_depend_on_its_company(name, sides):
    degradation, gt = build(name), torch.rand(6, 3, *sides)
    together = degradation(gt, draws(torch.arange(6)))
    for chosen in (torch.tensor([3]), torch.tensor([5, 3, 0, 1])):
        given = degradation(gt[chosen], draws(chosen))
        assert_alike(given.image, together.image[chosen])
        assert given.drawn.keys() == together.drawn.keys()
        for key, values in given.drawn.items():
            assert torch.equal(values, together.drawn[key][chosen])
        if given.mask is not None:
            assert_alike(given.mask, together.mask[chosen])


def assert_alike(image: torch.Tensor, expected: torch.Tensor) -> None:
    """Products of matrices may differ in a last digit, and where that is rounded, by a level."""
    moved = (image - expected).abs() > 1e-6
    assert moved.float().mean() < 1e-3


@every_part
def test_other_seeds_give_other_damage(name):
    degradation, gt = build(name), torch.rand(1, 3, *SIDES).expand(6, -1, -1, -1)
    given = degradation(gt, draws(torch.arange(6)))
    alike = all(torch.equal(image, given.image[0]) for image in given.image[1:])
    assert alike == (name in DRAWS_NOTHING)


@every_part
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("sides", [(25, 33), (28, 44)])
def test_odd_sides_and_lone_pictures_are_damaged_in_their_own_type(name, kind, sides):
    degradation = build(name)
    if any(side % degradation.scale for side in sides):
        sides = (28, 36)
    given = degradation(torch.rand(1, 3, *sides, dtype=kind), draws(torch.arange(1)))
    assert given.image.dtype == kind
    assert given.image.shape == (1, 3, *(side // degradation.scale for side in sides))
    assert given.image.isfinite().all()
    assert all(values.isfinite().all() for values in given.drawn.values())


@every_part
def test_no_picture_gives_no_picture_and_the_same_names(name):
    degradation = build(name)
    given = degradation(pictures(0), draws(torch.arange(0)))
    assert given.image.shape[0] == 0
    assert given.drawn.keys() == degradation(pictures(1), draws(torch.arange(1))).drawn.keys()


@every_part
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_and_white_pictures_stay_finite(name, level):
    given = build(name)(torch.full((3, 3, *SIDES), level), draws(torch.arange(3)))
    assert given.image.isfinite().all()
    assert given.mask is None or given.mask.isfinite().all()


@every_part
def test_a_mask_is_a_share_of_damage(name):
    mask = build(name)(pictures(), draws(torch.arange(6))).mask
    assert (mask is not None) == (name in MASKED)
    if mask is not None:
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert mask.any()


@every_part
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_what_a_cpu_gives(name):
    degradation, gt, numbers = build(name), pictures(), torch.arange(6)
    cpu, gpu = degradation(gt, draws(numbers)), degradation(gt.cuda(), draws(numbers.cuda()))
    assert gpu.image.device == gt.cuda().device
    assert all(values.is_cuda for values in gpu.drawn.values())
    assert ((gpu.image.cpu() - cpu.image).abs() > 1e-3).float().mean() < 0.01


@every_part
def test_what_was_drawn_is_one_row_a_sample(name):
    given = build(name)(pictures(), draws(torch.arange(6)))
    assert all(values.shape[0] == 6 and values.ndim <= 2 for values in given.drawn.values())
    assert given.mask is None or given.mask.shape == (6, 1, *SIDES)
