"""Two versions compared: which files, and distributions whose distance is known."""

import numpy as np
import pytest

from components.errors import DatasetError
from components.inspection.descriptors import COLUMNS
from components.inspection.drift import NUM_BINS, Drift, Version, compare, shift_of


@pytest.fixture
def versions(put, photographs, tmp_path):
    """Before: a, b, c, d. After: a, b darker, c as moved, e."""
    images = dict(zip("abcde", photographs.values(), strict=False))
    for name in "abcd":
        put(f"old/{name}.png", images[name])
    put("new/a.png", images["a"])
    put("new/b.png", images["b"].point(lambda level: level // 2))
    put("new/moved/c.png", images["c"])
    put("new/e.jpg", images["e"])
    return Version("one", tmp_path / "old"), Version("two", tmp_path / "new")


def test_every_file_is_told_once(versions):
    found = compare(*versions)
    assert found.names == ("one", "two")
    assert found.counts == (4, 4)
    assert found.num_unchanged == 1
    assert found.added == ("e.jpg",)
    assert found.removed == ("d.png",)
    assert found.changed == ("b.png",)
    assert found.moved == ("c.png -> moved/c.png",)


def test_a_version_does_not_differ_from_itself(versions):
    found = compare(versions[0], versions[0])
    assert found.num_unchanged == 4
    assert (found.added, found.removed, found.changed, found.moved) == ((), (), (), ())
    assert {shift.wasserstein for shift in found.shifts} <= {0.0, None}
    assert not any(shift.drifted for shift in found.shifts)


def test_every_descriptor_is_compared(versions):
    shifts = {shift.name: shift for shift in compare(*versions).shifts}
    assert tuple(shifts) == COLUMNS
    assert shifts["jpeg_quality"].counts == (0, 1)
    assert shifts["jpeg_quality"].medians is None
    assert shifts["contrast"].counts == (4, 4)


def test_one_of_two_copies_that_went_is_moved_the_other_removed(put, photographs, tmp_path):
    for name in ("old/a.png", "old/b.png", "new/c.png"):
        put(name, photographs["coffee_0"])
    found = compare(Version("", tmp_path / "old"), Version("", tmp_path / "new"))
    assert found.moved == ("a.png -> c.png",)
    assert found.removed == ("b.png",)
    assert found.num_unchanged == 0


def test_a_damaged_picture_is_named_and_has_no_descriptors(versions, put):
    bad = put("new/bad.png", b"no picture")
    found = compare(*versions)
    assert found.unreadable == (str(bad),)
    assert found.shifts[0].counts == (4, 4)


def test_files_that_are_no_pictures_are_passed_over(versions, put):
    put("new/scores.csv", b"1,2")
    assert compare(*versions).counts == (4, 4)


def test_a_missing_folder_is_refused(versions, tmp_path):
    with pytest.raises(DatasetError, match="none: there is no such data folder"):
        compare(versions[0], Version("none", tmp_path / "none"))


def test_an_empty_folder_has_nothing_to_compare(versions, tmp_path):
    (tmp_path / "empty").mkdir()
    found = compare(versions[0], Version("empty", tmp_path / "empty"))
    assert len(found.removed) == 4
    assert all(shift.medians is None for shift in found.shifts)


def test_a_shift_by_a_constant_is_its_wasserstein_distance():
    values = np.arange(100.0)
    shift = shift_of("noise", values, values + 7)
    assert shift.wasserstein == pytest.approx(7)
    assert shift.medians == pytest.approx((49.5, 56.5))
    assert shift.ks == pytest.approx(0.07)
    assert not shift.drifted


def test_distributions_apart_have_drifted():
    shift = shift_of("noise", np.arange(50.0), np.arange(100.0, 150.0))
    assert shift.ks == 1
    assert shift.drifted


def test_the_same_distribution_seldom_drifts():
    draw = np.random.default_rng(0).standard_normal
    drifted = [shift_of("noise", draw(80), draw(60)).drifted for _ in range(300)]
    assert sum(drifted) <= 3  # a thousandth of 300 is expected


def test_shares_add_up_whatever_lies_far_out():
    shift = shift_of("noise", np.array([0.0] * 300 + [1e6]), np.arange(300.0))
    assert [sum(side) for side in shift.shares] == pytest.approx([1, 1])
    assert len(shift.edges) == NUM_BINS + 1
    assert shift.edges[-1] < 400


def test_constants_have_a_histogram():
    shift = shift_of("width", np.full(3, 481.0), np.full(5, 481.0))
    assert shift.shares[0][0] == shift.shares[1][0] == 1


def test_the_report_says_what_differs(versions):
    lines = list(compare(*versions).lines())
    assert lines[0] == "one: 4 pictures; two: 4"
    assert "changed: 1: b.png" in lines
    assert any(line.startswith("mean_luma: median") for line in lines)
    assert "jpeg_quality: 0 -> 1 pictures have it" in lines


def test_a_long_list_is_cut_for_people(put, photographs, tmp_path):
    small = photographs["coffee_0"].resize((9, 9))
    for number in range(13):
        put(f"new/{number:02}.png", small.point(lambda level, n=number: level // (n + 1)))
    (tmp_path / "old").mkdir()
    found = compare(Version("", tmp_path / "old"), Version("", tmp_path / "new"))
    assert any(line.endswith("09.png, and 3 more") for line in found.lines())


def test_the_record_survives_json(versions):
    found = compare(*versions)
    assert Drift.model_validate_json(found.model_dump_json()) == found
