"""Degraded pictures that a set brings along: whose they are, and how much smaller."""

import dataclasses

import pytest

from components.errors import PairError, PictureError
from components.training.mates import find_mates


@pytest.mark.parametrize(("height", "width", "scale"), [(24, 16, 1), (12, 8, 2), (6, 4, 4)])
def test_the_scale_is_that_of_the_sides(write_row, detailed, height, width, scale):
    row = write_row("a.png", detailed(3, 24, 16), detailed(3, height, width))
    (mate,) = find_mates([row])
    assert (mate.file, mate.height, mate.width) == (row.folder / "lq-a.png", height, width)
    assert mate.scale == scale


def test_rows_and_columns_that_fill_no_whole_pixel_are_allowed(write_row, detailed):
    row = write_row("a.png", detailed(3, 27, 17), detailed(3, 6, 4))
    assert find_mates([row])[0].scale == 4


def test_many_mates_may_share_a_ground_truth(write_row, detailed):
    first = write_row("a.png", detailed(3, 8, 8), detailed(3, 8, 8))
    other = write_row("b.png", detailed(3, 8, 8), detailed(3, 8, 8))
    shared = dataclasses.replace(first, lq=other.lq)
    assert [mate.file.name for mate in find_mates([first, shared])] == ["lq-a.png", "lq-b.png"]


@pytest.mark.parametrize("sides", [(8, 9), (9, 8), (4, 8), (16, 16), (3, 4)])
def test_a_mate_of_other_sides_is_named_with_both(write_row, detailed, sides):
    row = write_row("a.png", detailed(3, 8, 8), detailed(3, *sides))
    with pytest.raises(PairError, match=r"lq-a.png: \d+x\d+ does not fit its ground truth .*a.png"):
        find_mates([row])


def test_two_scales_are_refused_with_both_files(write_row, detailed):
    rows = [
        write_row("a.png", detailed(3, 8, 8), detailed(3, 4, 4)),
        write_row("b.png", detailed(3, 8, 8), detailed(3, 2, 2)),
    ]
    with pytest.raises(PairError, match=r"lq-b.png is 4 times smaller .*lq-a.png is 2 times"):
        find_mates(rows)


def test_a_picture_without_mate_is_named(write_row, detailed):
    row = write_row("a.png", detailed(3, 8, 8))
    with pytest.raises(PairError, match=r"a.png: has no degraded mate in the set"):
        find_mates([row])


def test_a_missing_mate_is_named(write_row, detailed):
    row = write_row("a.png", detailed(3, 8, 8), detailed(3, 8, 8))
    (row.folder / row.lq).unlink()
    with pytest.raises(PictureError, match=r"lq-a.png cannot be read as a picture: No such file"):
        find_mates([row])
