"""Rain800: pairs side by side in one file, refused until they are unpacked."""

import numpy as np
import pytest
import torch
from PIL import Image

from components.errors import DatasetError
from components.pictures import images
from tests import miniatures
from tests.miniatures import faults, pairs, put, source


def test_files_with_two_pictures_are_one_fault_that_says_what_to_do(tmp_path):
    miniatures.rain800(tmp_path)
    survey = source("rain800").survey(tmp_path)
    ((name, rule),) = faults(survey, tmp_path)
    assert (name, survey.found) == (".", ())
    assert rule.startswith("4 files hold clean and rainy picture side by side; ")


def test_unpacking_gives_a_file_a_picture(tmp_path):
    miniatures.rain800(tmp_path / "set")
    target = tmp_path / "unpacked"
    assert source("rain800").unpack(tmp_path / "set", target) == 4
    assert pairs(source("rain800").survey(target), target) == [
        ("test/target/1.png", "test/input/1.png", "test"),
        ("train/target/1.png", "train/input/1.png", "train"),
        ("train/target/2.png", "train/input/2.png", "train"),
        ("train/target/3.png", "train/input/3.png", "train"),
    ]


def test_the_left_half_is_the_ground_truth_exactly_as_decoded(tmp_path):
    miniatures.rain800(tmp_path / "set")
    source("rain800").unpack(tmp_path / "set", tmp_path / "unpacked")
    both = images.read(tmp_path / "set/train/2.jpg").pixels
    left = images.read(tmp_path / "unpacked/train/target/2.png").pixels
    right = images.read(tmp_path / "unpacked/train/input/2.png").pixels
    assert torch.equal(torch.cat([left, right], dim=2), both)
    clean = torch.from_numpy(miniatures.pixels("train/2.jpg")).permute(2, 0, 1) / 255
    assert (left - clean).abs().mean() < 0.02


def test_an_odd_width_cannot_be_two_pictures(tmp_path):
    miniatures.rain800(tmp_path / "set")
    Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save(tmp_path / "set/train/4.png")
    with pytest.raises(DatasetError, match=r"4\.png: two pictures side by side, yet 9 pixels wide"):
        source("rain800").unpack(tmp_path / "set", tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_what_is_unpacked_is_not_unpacked_again(tmp_path):
    put(tmp_path, "train/target/1.png", "train/input/1.png")
    with pytest.raises(DatasetError, match="nothing to unpack"):
        source("rain800").unpack(tmp_path, tmp_path / "target")
