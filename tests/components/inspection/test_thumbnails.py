"""Thumbnails: sizes, luma, digests of content, turns."""

import numpy as np
import pytest
from PIL import Image

from components.errors import PictureError
from components.inspection import thumbnails
from components.inspection.thumbnails import SIDE, TURNS


def test_every_size_becomes_one_square_and_the_size_is_kept(put, photographs):
    seen = thumbnails.read(put("a.png", photographs["coffee_0"].resize((90, 41))))
    assert seen.luma.shape == (SIDE, SIDE)
    assert (seen.width, seen.height) == (90, 41)


def test_a_flat_colour_becomes_its_luma(put):
    # BT.601: 0.2989 * 200 + 0.5870 * 100 + 0.1140 * 50
    seen = thumbnails.read(put("a.png", Image.new("RGB", (20, 30), (200, 100, 50))))
    assert seen.luma == pytest.approx(124.19, abs=0.1)


def test_the_digest_is_that_of_the_content_whatever_the_format(put, photographs):
    png = thumbnails.read(put("a.png", photographs["coffee_0"]))
    bmp = thumbnails.read(put("a.bmp", photographs["coffee_0"]))
    other = thumbnails.read(put("b.png", photographs["coffee_1"]))
    assert png.digest == bmp.digest != other.digest


def test_equal_samples_of_another_shape_have_another_digest(put):
    flat, tall = Image.new("L", (8, 2)), Image.new("L", (2, 8))
    assert thumbnails.read(put("a.png", flat)).digest != thumbnails.read(put("b.png", tall)).digest


def test_pictures_of_16_bits_are_told_apart_by_their_last_bit(put):
    samples = np.full((5, 6), 1000, np.uint16)
    digests = {
        thumbnails.read(put(f"{step}.png", Image.fromarray(samples + np.uint16(step)))).digest
        for step in range(2)
    }
    assert len(digests) == 2


def test_the_eight_turns_differ_and_the_first_is_none():
    square = np.arange(9.0).reshape(3, 3)
    turned = [thumbnails.turn(square, number) for number in range(len(TURNS))]
    assert np.array_equal(turned[0], square)
    assert len({one.tobytes() for one in map(np.ascontiguousarray, turned)}) == 8


def test_nothing_stacks_to_an_empty_array():
    assert thumbnails.stack([]).shape == (0, SIDE, SIDE)


def test_a_damaged_file_is_refused(put):
    with pytest.raises(PictureError, match=r"a\.png cannot be read as a picture"):
        thumbnails.read(put("a.png", b"no picture"))
