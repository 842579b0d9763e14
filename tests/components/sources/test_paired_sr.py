"""Sets of pairs for super-resolution, written to disk with the field's names."""

from pathlib import Path

import pytest
import torch

from components.errors import DatasetError
from components.pictures import images
from components.pictures.images import Picture
from components.sources import Found, paired_sr


def put(file: Path, width: int, height: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    images.write(file, Picture(torch.rand(3, height, width)))
    return file


def find(folder: Path, scale: int = 4) -> list[Found]:
    return paired_sr.Source(paired_sr.Params(scale=scale)).find(folder)


@pytest.mark.parametrize("gt_folder", ["HR", "GTmod12"])
def test_equal_names_make_a_pair_for_testing(tmp_path, gt_folder):
    pairs = [
        (put(tmp_path / gt_folder / name, 24, 12), put(tmp_path / "LRbicx4" / name, 6, 3))
        for name in ("baby.png", "bird.png")
    ]
    (tmp_path / gt_folder / "Thumbs.db").touch()
    put(tmp_path / "LRbicx2" / "other.png", 5, 5)  # another scale is another matter
    assert find(tmp_path) == [Found(gt, "test", lq) for gt, lq in pairs]


def test_ground_truth_alone_has_no_mates(tmp_path):
    file = put(tmp_path / "HR" / "baby.png", 24, 12)
    put(tmp_path / "LRbicx2" / "baby.png", 12, 6)
    assert find(tmp_path) == [Found(file, "test", None)]


def test_a_mate_may_be_that_of_the_picture_cropped_to_a_multiple(tmp_path):
    put(tmp_path / "HR" / "baby.png", 26, 15)
    lq = put(tmp_path / "LRbicx4" / "baby.png", 6, 3)
    assert find(tmp_path)[0].lq == lq


def test_a_picture_or_a_mate_alone_is_named(tmp_path):
    put(tmp_path / "HR" / "baby.png", 8, 8)
    put(tmp_path / "HR" / "bird.png", 8, 8)
    put(tmp_path / "LRbicx4" / "baby.png", 2, 2)
    put(tmp_path / "LRbicx4" / "head.png", 2, 2)
    with pytest.raises(
        DatasetError,
        match=r"(?s)2 faults.*HR/bird\.png: has no degraded mate .*LRbicx4/head\.png: has no",
    ):
        find(tmp_path)


def test_many_without_mates_are_counted(tmp_path):
    for number in range(8):
        put(tmp_path / "HR" / f"{number}.png", 8, 8)
    put(tmp_path / "LRbicx4" / "0.png", 2, 2)
    with pytest.raises(
        DatasetError, match=r"(?s)5\.png: has no degraded mate LRbicx4/5\n +and 2 more$"
    ):
        find(tmp_path)


def test_a_mate_of_another_scale_is_refused(tmp_path):
    put(tmp_path / "HR" / "baby.png", 24, 12)
    put(tmp_path / "LRbicx4" / "baby.png", 12, 6)
    with pytest.raises(DatasetError, match=r"is 12x6 pixels, .* at scale 4 the mate must be 6x3"):
        find(tmp_path)


def test_a_folder_of_another_layout_is_refused(tmp_path):
    put(tmp_path / "baby.png", 8, 8)
    with pytest.raises(DatasetError, match="needs HR or GTmod12, there is none of them"):
        find(tmp_path)


def test_two_folders_of_ground_truth_are_one_too_many(tmp_path):
    put(tmp_path / "HR" / "baby.png", 8, 8)
    put(tmp_path / "GTmod12" / "baby.png", 8, 8)
    with pytest.raises(DatasetError, match="there is both of them"):
        find(tmp_path)


@pytest.mark.parametrize("empty", ["HR", "LRbicx4"])
def test_an_empty_folder_is_refused(tmp_path, empty):
    for name in ("HR", "LRbicx4"):
        put(tmp_path / name / "baby.png", 8, 8)
    (tmp_path / empty / "baby.png").unlink()
    with pytest.raises(DatasetError, match=rf"has no .* {empty}/baby"):
        find(tmp_path)


def test_folders_without_a_picture_are_refused(tmp_path):
    (tmp_path / "HR").mkdir()
    with pytest.raises(DatasetError, match=r"holds no picture of this layout: HR/\{id\}$"):
        find(tmp_path)


def test_a_mate_that_is_no_picture_is_refused(tmp_path):
    put(tmp_path / "HR" / "baby.png", 8, 8)
    put(tmp_path / "LRbicx4" / "baby.png", 2, 2).write_text("not a picture")
    with pytest.raises(DatasetError, match=r"LRbicx4/baby\.png: cannot be read"):
        find(tmp_path)
