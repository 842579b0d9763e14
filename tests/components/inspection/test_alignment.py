"""Laying one picture over another: crops known by construction, and pictures that are not alike."""

import numpy as np
import pytest

from components.inspection import thumbnails
from components.inspection.alignment import align

WHOLE = np.array([[1, 0, 1, 0]], np.float32)


@pytest.fixture(scope="module")
def small(reduced):
    """A picture as an array of one thumbnail."""
    return lambda image: thumbnails.stack([reduced(image)])


def test_a_picture_is_like_itself(photographs, small):
    same = small(photographs["chelsea_1"])
    found = align(same, same, WHOLE)
    assert found.score == pytest.approx(1, abs=1e-4)
    assert found.covers == pytest.approx(1, abs=1e-3)


def test_the_common_part_is_that_of_the_crop(photographs, small):
    image = photographs["coffee_1"]  # 300 x 200
    part = image.crop((12, 10, 282, 196))  # 270 x 186: 0.837 of the area
    found = align(small(part), small(image), WHOLE)
    assert found.score > 0.95
    assert found.covers == pytest.approx(0.837, abs=0.01)


def test_two_crops_of_one_picture_share_what_both_have(photographs, small):
    image = photographs["coffee_1"]
    left, right = image.crop((0, 0, 280, 200)), image.crop((20, 0, 300, 200))
    found = align(small(left), small(right), WHOLE)
    assert found.score > 0.95
    assert found.covers == pytest.approx(260 / 280, abs=0.01)


def test_brightness_and_contrast_do_not_matter(photographs, small):
    image = photographs["rocket_2"]
    found = align(small(image.point(lambda v: 40 + v // 2)), small(image), WHOLE)
    assert found.score > 0.99


def test_a_negative_is_not_alike(photographs, small):
    image = photographs["rocket_2"]
    assert align(small(image.point(lambda v: 255 - v)), small(image), WHOLE).score < 0


def test_other_pictures_are_not_alike(photographs, small):
    stacked = np.concatenate([small(image) for image in photographs.values()])
    count = len(stacked)
    first, second = np.triu_indices(count, 1)
    found = align(stacked[first], stacked[second], np.repeat(WHOLE, len(first), axis=0))
    assert found.score.max() < 0.6


def test_flat_pictures_are_like_nothing(photographs, small):
    flat = np.full((1, 64, 64), 100, np.float16)
    for other in (flat, small(photographs["rocket_2"])):
        assert align(flat, other, WHOLE).score == 0
        assert align(other, flat, WHOLE).score == 0
