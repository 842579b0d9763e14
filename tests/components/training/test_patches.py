"""Patches worth learning from, of each picture as its area demands, and of its mate at the same place."""

import re

import pytest
import torch
import torch.nn.functional as F

from components.datasets.manifest import read_rows
from components.errors import PairError, PictureError
from components.pictures import images
from components.training.mates import find_mates
from components.training.patches import check_patches, check_scale, cut_patches


def test_patches_are_cut_from_the_pictures_as_they_are(write_row, detailed):
    picture = detailed(3, 12, 9)
    patches = cut_patches([write_row("a.png", picture)], patch=8, count=40, seed=0).gt
    assert patches.dtype == torch.uint8
    windows = (picture * 255).round().byte().unfold(1, 8, 1).unfold(2, 8, 1)  # (3, 5, 2, 8, 8)
    every_place = windows.permute(1, 2, 0, 3, 4).reshape(10, 3, 8, 8)
    places = (patches[:, None] == every_place).all(dim=(2, 3, 4))
    assert (places.sum(dim=1) == 1).all()
    assert places.any(dim=0).all()  # 40 patches reach all ten places, the last row and column too


def test_a_picture_gives_patches_as_its_area_demands(write_row, detailed):
    large, small = detailed(3, 60, 80) / 2, detailed(3, 40, 40) / 2 + 0.5
    rows = [write_row("large.png", large), write_row("small.png", small)]
    patches = cut_patches(rows, patch=8, count=800, seed=0).gt
    share = (patches.float().mean(dim=(1, 2, 3)) < 127).float().mean()
    assert share == pytest.approx(0.75, abs=4 * (0.75 * 0.25 / 800) ** 0.5)


def test_fewer_patches_are_the_first_of_more(manifest, workplace):
    rows = read_rows(manifest, "train", workplace)
    many = cut_patches(rows, patch=32, count=40, seed=5).gt
    assert torch.equal(cut_patches(rows, patch=32, count=7, seed=5).gt, many[:7])
    assert not torch.equal(cut_patches(rows, patch=32, count=7, seed=6).gt, many[:7])


def test_flat_patches_are_refused(write_row, detailed):
    half_flat = torch.cat([torch.full((3, 16, 100), 0.2), detailed(3, 16, 28)], dim=2)
    patches = cut_patches([write_row("a.png", half_flat)], patch=16, count=30, seed=0).gt
    steps = patches.float().diff(dim=-1).abs().mean(dim=(1, 2, 3)) / 255
    assert len(patches) > 0
    assert steps.min() > 0.015


def test_there_may_be_fewer_patches_than_asked_for(write_row, detailed):
    mostly_flat = torch.full((3, 16, 400), 0.2)
    mostly_flat[:, :, :16] = detailed(3, 16, 16)
    patches = cut_patches([write_row("a.png", mostly_flat)], patch=16, count=20, seed=0).gt
    assert 0 < len(patches) < 20


def test_flat_pictures_give_no_patch(write_row, detailed):
    rows = [write_row("sky.png", torch.full((3, 20, 20), 0.4))]
    patches = cut_patches(rows, patch=8, count=5, seed=0).gt
    assert patches.shape == (0, 3, 8, 8)
    assert patches.dtype == torch.uint8


def test_grey_and_16_bit_pictures_become_rgb_of_8_bits(write_row, detailed):
    rows = [write_row("grey.png", detailed(1, 16, 16), bits=16)]
    patches = cut_patches(rows, patch=16, count=1, seed=0).gt
    assert torch.equal(
        patches, (images.read(rows[0].file).pixels * 255).round().byte().expand(1, 3, -1, -1)
    )


def shrunk(picture, scale):
    return F.avg_pool2d(picture, scale)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_mate_is_cut_at_the_same_place(write_row, scale):
    # Blocks of one value: the mate's pixel is that of each block of the ground truth.
    blocks = torch.randint(256, (3, 32 // scale, 48 // scale)).float() / 255
    picture = blocks.repeat_interleave(scale, 1).repeat_interleave(scale, 2)
    rows = [write_row("a.png", picture, shrunk(picture, scale))]
    patches = cut_patches(rows, patch=8, count=30, seed=0, mates=find_mates(rows))
    assert patches.lq.shape == (30, 3, 8 // scale, 8 // scale)
    assert torch.equal(patches.gt[..., ::scale, ::scale], patches.lq)
    assert len(patches.lq.flatten(1).unique(dim=0)) > 10


def test_rows_and_columns_that_fill_no_pixel_of_the_mate_are_left_out(write_row, detailed):
    picture = detailed(3, 19, 18)  # by its mate's scale of 4, 16 x 16 are used
    rows = [write_row("a.png", picture, shrunk(picture[:, :16, :16], 4))]
    patches = cut_patches(rows, patch=16, count=4, seed=0, mates=find_mates(rows))
    expected = (picture[:, :16, :16] * 255).round().byte()
    assert all(torch.equal(patch, expected) for patch in patches.gt)


def test_a_patch_must_be_whole_in_the_mates_pixels():
    check_scale(4, 64)
    with pytest.raises(PairError, match="patch of 66 pixels is no multiple of the set's scale 4"):
        check_scale(4, 66)


def test_a_picture_smaller_than_a_patch_is_named(write_row, detailed):
    rows = [write_row("good.png", detailed(3, 40, 40)), write_row("b.png", detailed(3, 40, 31))]
    check_patches(rows, 31)
    expected = re.escape(f"{rows[1].file}: 31x40 is smaller than the patch of 32 pixels")
    with pytest.raises(PictureError, match=expected):
        check_patches(rows, 32)
    with pytest.raises(PictureError, match=expected):
        cut_patches(rows, patch=32, count=1, seed=0)


def test_a_damaged_picture_is_named(write_row, detailed):
    row = write_row("a.png", detailed(3, 40, 40))
    row.file.write_bytes(row.file.read_bytes()[:200])
    with pytest.raises(PictureError, match=re.escape(f"{row.file} cannot be read as a picture")):
        cut_patches([row], patch=8, count=1, seed=0)


def test_a_picture_that_has_changed_its_size_is_named(write_row, detailed):
    row = write_row("a.png", detailed(3, 40, 40))
    write_row("a.png", detailed(3, 40, 44))
    with pytest.raises(PictureError, match=r"a.png: is 44x40 now, but was 40x40 when"):
        cut_patches([row], patch=8, count=1, seed=0)
