"""Repetitions in known sets: equal content, changed copies, and groups that are not compared."""

import torch

from components.artifacts import no_progress
from components.inspection import duplicates
from components.inspection.duplicates import Twins
from components.inspection.thumbnails import Thumbnail


def find(seen, groups, asked=lambda one, other: True, progress=no_progress):
    return duplicates.find(seen, groups, asked=asked, progress=progress)


def test_a_changed_copy_in_another_group_is_found_and_nothing_else(photographs, change, reduced):
    originals = [reduced(image) for image in photographs.values()]
    copies = [reduced(change(image)) for image in photographs.values()]
    count = len(originals)
    found = find(originals + copies, ["a"] * count + ["b"] * count)
    assert [(twins.first, twins.second) for twins in found] == [
        (number, number + count) for number in range(count)
    ]
    assert not any(twins.equal for twins in found)
    assert min(twins.likeness for twins in found) > 0.8  # 0.7 is asked for


def test_photographs_that_share_nothing_are_not_alike(photographs, reduced):
    seen = [reduced(image) for image in photographs.values()]
    assert find(seen, ["a"] * len(seen)) == []


def test_equal_content_is_paired_with_the_first(photographs, reduced):
    one, other = reduced(photographs["coffee_0"]), reduced(photographs["coffee_1"])
    assert find([one, other, one, one], ["a", "a", "a", "b"]) == [
        Twins(0, 2, 1.0, equal=True),
        Twins(0, 3, 1.0, equal=True),
    ]


def test_a_changed_copy_is_paired_with_every_equal_picture(photographs, reduced):
    image = photographs["coffee_0"]
    one, copy = reduced(image), reduced(image.crop((2, 2, 300, 200)))
    found = find([one, one, copy], ["a", "a", "b"])
    assert [(t.first, t.second, t.equal) for t in found] == [
        (0, 1, True),
        (0, 2, False),
        (1, 2, False),
    ]


def test_many_copies_in_one_group_hide_none_in_another(photographs, reduced):
    image = photographs["astronaut_1"]
    seen = [reduced(image.crop((n, n, 250, 250))) for n in range(10)]
    found = find(seen, ["a"] * 9 + ["b"])
    assert any(twins.second == 9 for twins in found)


def test_groups_that_are_not_asked_for_are_not_compared(photographs, reduced):
    image = photographs["astronaut_1"]
    seen = [reduced(image), reduced(image), reduced(image.crop((3, 3, 250, 250)))]
    found = find(seen, ["a", "b", "c"], asked=lambda one, other: "a" in (one, other))
    assert [(twins.first, twins.second) for twins in found] == [(0, 1), (0, 2)]


def test_flat_pictures_are_repeated_only_when_equal():
    def flat(digest):
        return Thumbnail(digest, 8, 8, torch.full((64, 64), 7.0).half().numpy())

    found = find([flat("x"), flat("y"), flat("x")], ["a"] * 3)
    assert found == [Twins(0, 2, 1.0, equal=True)]


def test_progress_is_told_once_a_pair_of_groups(photographs, reduced):
    told = []
    seen = [reduced(photographs["coffee_0"])] * 3
    find(seen, ["a", "b", "c"], progress=lambda *now: told.append(now))
    assert told == [(number, 6, "comparing") for number in range(1, 7)]


def test_nothing_repeats_in_nothing():
    assert find([], []) == []
