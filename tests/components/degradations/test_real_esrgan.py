"""The second-order chain: switched off step by step, and its choices counted."""

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from scipy import stats
from skimage import data

from components.degradations.real_esrgan import Degradation, Params
from components.draws import Draws, seeds_for
from components.errors import PictureError
from components.pictures.jpeg import recompress

# Nothing happens but resizing from H to H / 4, and JPEG in its best quality.
STILL = {
    "blur_share": 0.0,
    "up_down_keep": [0.0, 0.0, 1.0],
    "gaussian": {"name": "gaussian_noise", "level": 0.0},
    "gaussian_share": 1.0,
    "jpeg": {"name": "jpeg", "quality": 100.0, "halve_chroma": False},
}
OFF = {"sharpen": None, "first": STILL, "second": STILL, "sinc_share": 0.0}


def degrade(gt: torch.Tensor, *, start: int = 0, **params):
    numbers = torch.arange(start, start + len(gt))
    return Degradation(Params.model_validate(params))(gt, Draws(seeds_for(0, numbers)))


@pytest.fixture(scope="module")
def gt():
    crop = torch.from_numpy(data.astronaut()[:96, 160:288].copy())
    return (crop.permute(2, 0, 1)[None].float() / 255).expand(6, -1, -1, -1)


def test_with_all_steps_off_the_picture_is_shrunk_by_one_of_three_methods(gt):
    # JPEG of quality 100 moves a level or two, the rest none.
    given = degrade(gt.repeat(4, 1, 1, 1), **OFF)
    methods = [F.interpolate(gt[:1], (24, 32), mode=m) for m in ("area", "bilinear", "bicubic")]
    mode = given.drawn["second_resize_mode"]
    assert mode.unique().tolist() == [0, 1, 2]
    for image, number in zip(given.image, mode.tolist(), strict=True):
        assert (image - methods[number][0].clamp(0, 1)).abs().mean() * 255 < 1


def test_jpeg_comes_last_where_the_filter_comes_first(gt):
    coded = STILL | {"jpeg": {"name": "jpeg", "quality": 30.0}}
    on = OFF | {"second": coded, "sinc_share": 1.0}
    moved = {}
    for share in (0.0, 1.0):
        given = degrade(gt, **on | {"jpeg_last_share": share})
        assert given.drawn["last_is_jpeg"].float().unique().item() == share
        # What JPEG wrote last, it writes again almost as it is.
        again = recompress(given.image, torch.full((6,), 30))
        moved[share] = (again - given.image).abs().mean() * 255
    assert moved[1.0] < 0.5 * moved[0.0]


def test_it_gives_levels_of_8_bits_of_a_quarter_of_the_size(gt):
    image = degrade(gt).image
    assert image.shape == (6, 3, 24, 32)
    torch.testing.assert_close(image * 255, (image * 255).round(), atol=1e-4, rtol=0)
    assert image.min() >= 0
    assert image.max() <= 1


def test_samples_of_other_sizes_orders_and_kinds_do_not_change_a_sample(gt):
    together = degrade(gt)
    assert len(together.drawn["first_factor"].unique()) > 2
    for sample in range(6):
        alone = degrade(gt[:1], start=sample)
        moved = (alone.image - together.image[sample : sample + 1]).abs() > 0.5 / 255
        assert moved.float().mean() < 1e-3
        assert alone.drawn.keys() == together.drawn.keys()
        for name, values in alone.drawn.items():
            assert torch.equal(values, together.drawn[name][sample : sample + 1]), name


def test_all_that_was_drawn_is_told_stage_by_stage(gt):
    drawn = degrade(gt[:1]).drawn
    for stage in ("first", "second"):
        assert {
            f"{stage}_{name}"
            for name in (
                "is_blurred", "blur_kind", "blur_width", "factor", "resize_mode", "is_gaussian",
                "noise_level", "noise_gain", "noise_is_grey", "jpeg_quality",
            )
        } <= drawn.keys()  # fmt: skip
    assert {"last_is_jpeg", "last_is_filtered", "last_blur_cutoff"} <= drawn.keys()


def test_numbers_of_steps_that_a_sample_did_not_take_are_zero(gt):
    drawn = degrade(gt.repeat(5, 1, 1, 1)).drawn
    gaussian = drawn["first_is_gaussian"]
    assert torch.equal(drawn["first_noise_level"] > 0, gaussian)
    assert torch.equal(drawn["first_noise_gain"] > 0, ~gaussian)


MANY = 3000


@pytest.mark.parametrize(
    ("stage", "shares", "low", "high"),
    [("first", (0.2, 0.7, 0.1), 0.15, 1.5), ("second", (0.3, 0.4, 0.3), 0.3, 1.2)],
)
def test_factors_follow_the_authors_shares(stage, shares, low, high):
    built = getattr(Degradation(Params()), stage)
    factor = built.factor(Draws(seeds_for(0, torch.arange(MANY))), 0.001)
    found = [(factor > 1).sum(), (factor < 1).sum(), (factor == 1).sum()]
    assert stats.chisquare(found, [MANY * share for share in shares]).pvalue > 0.01
    down = factor[factor < 1].double().numpy()
    assert stats.kstest(down, "uniform", (low, 1 - low)).pvalue > 0.01
    up = factor[factor > 1].double().numpy()
    assert stats.kstest(up, "uniform", (1, high - 1)).pvalue > 0.01


def test_rounding_factors_keeps_their_mean_and_their_range():
    built = Degradation(Params()).first
    fine, coarse = (
        built.factor(Draws(seeds_for(0, torch.arange(MANY))), step) for step in (0.001, 0.05)
    )
    assert len(coarse.unique()) < 30
    assert coarse.mean().item() == pytest.approx(fine.mean().item(), abs=0.002)
    assert (coarse - fine).abs().max() < 0.026
    assert [coarse.min().item(), coarse.max().item()] == pytest.approx([0.15, 1.5])


def test_the_smallest_pictures_go_through():
    assert degrade(torch.rand(8, 3, 4, 8)).image.shape == (8, 3, 1, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"first": {"factor": [0.0, 1.5]}}, "0 < smallest <= 1 <= largest"),
        ({"second": {"factor": [1.1, 1.5]}}, "0 < smallest <= 1 <= largest"),
        ({"first": {"up_down_keep": [0.0, 0.0, 0.0]}}, "one must be above 0"),
        ({"first": {"blur": {"name": "mixed_blurr"}}}, "did you mean 'mixed_blur'"),
        ({"sinc_share": 1.5}, "less than or equal to 1"),
        ({"factor_step": 0.0}, "greater than 0"),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        Params.model_validate(wrong)


def test_sides_that_the_scale_does_not_divide_are_refused():
    with pytest.raises(PictureError, match="multiples of 4, got 10x12"):
        degrade(torch.rand(1, 3, 10, 12))
