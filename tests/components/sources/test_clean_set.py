"""Flat folders of clean pictures."""

import pytest

from tests.miniatures import faults, pairs, put, source


@pytest.mark.parametrize(
    ("name", "files", "split"),
    [
        ("BSD400", ["a247012.jpg", "2018.jpg"], "train"),
        ("WED", ["00001.bmp", "04744.bmp"], "train"),
        ("Manga109", ["AisazuNihaIrarenai.png", "Arisa2.png"], "test"),
        ("CBSD68", ["101085.png", "102061.png"], "test"),
    ],
)
def test_every_picture_is_of_the_sets_split(tmp_path, name, files, split):
    put(tmp_path, *files)
    found = pairs(source("clean_set", set=name).survey(tmp_path), tmp_path)
    assert found == [(file, None, split) for file in sorted(files)]


def test_a_set_for_training_may_be_drawn_from(tmp_path):
    put(tmp_path, *(f"{n:05d}.bmp" for n in range(30)))
    found = source("clean_set", set="WED", validation=0.2, test=0.2).survey(tmp_path).found
    assert {f.split for f in found} == {"train", "validation", "test"}


def test_the_known_count_is_compared(tmp_path):
    put(tmp_path, *(f"{n}.png" for n in range(5)))
    part = source("clean_set", set="Set5")
    assert [release.misses(part.survey(tmp_path)) for release in part.expected()] == [{}]
    (tmp_path / "0.png").unlink()
    assert part.expected()[0].misses(part.survey(tmp_path)) == {"test": 4}


def test_a_folder_within_is_another_set(tmp_path):
    put(tmp_path, "a.png", "HR/b.png")
    part = source("clean_set", set="Set5")
    assert faults(part.survey(tmp_path), tmp_path) == [
        ("HR/b.png", "fits no place of this layout: {id}")
    ]


def test_whose_pictures_these_are_is_said_where_it_is_known():
    assert source("clean_set", set="B100").credits()[0].licence.startswith("non-commercial")
    assert source("clean_set", set="Set5").credits() == ()
