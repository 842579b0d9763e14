"""Pairs by templates: what fits, what has a name in common, and what is said of the rest."""

import pytest
from PIL import Image

from components.datasets.pairing import Form, pair, size_faults
from tests.miniatures import put


def names(folder, *forms, aside=()):
    pairing = pair(folder, forms, aside=aside)
    assert not pairing.faults
    return [(p.gt.name, p.lq and p.lq.name, p.scene) for p in pairing.pairs]


def faults(folder, *forms, aside=()):
    return [(f.path.name, f.rule) for f in pair(folder, forms, aside=aside).faults]


SAME = Form("train", "gt/{id}", "lq/{id}")
MANY = Form("train", "clear/{id}", "hazy/{id}_{nth}")


def test_a_field_in_both_templates_makes_a_pair_whatever_the_suffix(tmp_path):
    put(tmp_path, "gt/b.png", "gt/a.png", "lq/a.jpg", "lq/b.png")
    assert names(tmp_path, SAME) == [("a.png", "a.jpg", ""), ("b.png", "b.png", "")]


def test_pairs_do_not_depend_on_the_order_of_names(tmp_path):
    """Sorted as text, gt is 1, 10, 2 and lq x1, x2, y10: by position, 10 would get the mate of 2."""
    put(tmp_path, "gt/1.png", "gt/2.png", "gt/10.png", "lq/x1.png", "lq/x2.png", "lq/y10.png")
    form = Form("train", "gt/{id}", "lq/{letter:[xy]}{id}")
    assert [(gt, lq) for gt, lq, _ in names(tmp_path, form)] == [
        ("1.png", "x1.png"),
        ("10.png", "y10.png"),
        ("2.png", "x2.png"),
    ]


def test_many_mates_share_one_picture_and_its_scene(tmp_path):
    put(tmp_path, "clear/1.png", "hazy/1_1_0.9.png", "hazy/1_2_0.8.png")
    assert names(tmp_path, MANY) == [
        ("1.png", "1_1_0.9.png", "clear/1"),
        ("1.png", "1_2_0.8.png", "clear/1"),
    ]


def test_the_first_underscore_ends_a_number(tmp_path):
    put(tmp_path, "clear/1.png", "clear/1_1.png", "hazy/1_1_2.png", "hazy/1_1_3.png")
    rules = faults(tmp_path, MANY)
    assert rules == [("1_1.png", "has no degraded mate hazy/1_1_{nth}")]


def test_a_field_scene_is_the_scene(tmp_path):
    put(tmp_path, "sharp/park-1.png", "blur/park-1.png")
    form = Form("train", "sharp/{scene}-{id}", "blur/{scene}-{id}")
    assert names(tmp_path, form) == [("park-1.png", "park-1.png", "park")]


def test_text_outside_fields_stands_for_itself(tmp_path):
    put(tmp_path, "a+(1)/x.png", "aab1/y.png")
    rules = faults(tmp_path, Form("train", "a+(1)/{id}"))
    assert rules == [("y.png", "fits no place of this layout: a+(1)/{id}")]


def test_a_field_reaches_no_deeper_folder_unless_told(tmp_path):
    put(tmp_path, "gt/deep/a.png")
    assert faults(tmp_path, Form("train", "gt/{id}"))
    assert names(tmp_path, Form("train", "gt/{id:.+}")) == [("a.png", None, "")]


def test_names_that_are_not_ascii_pair(tmp_path):
    put(tmp_path, "gt/Zürich 東京.png", "lq/Zürich 東京.png")
    assert [gt for gt, _, _ in names(tmp_path, SAME)] == ["Zürich 東京.png"]


def test_case_matters_unless_told(tmp_path):
    put(tmp_path, "gt/I01.png", "lq/i01.png")
    assert len(faults(tmp_path, SAME)) == 2
    form = Form("train", "gt/{id}", "lq/{id}", any_case=True)
    assert names(tmp_path, form) == [("I01.png", "i01.png", "")]


def test_two_files_in_one_place_are_named_both(tmp_path):
    first, second = put(tmp_path, "gt/a.jpg", "gt/a.png")
    put(tmp_path, "lq/a.png")
    assert faults(tmp_path, SAME) == [("a.png", f"pairs twice: {first} has its place")]
    assert second.exists()


def test_mates_that_differ_in_the_suffix_alone_pair_twice(tmp_path):
    put(tmp_path, "clear/1.png", "hazy/1_1.jpg", "hazy/1_1.png", "hazy/1_2.png")
    ((name, rule),) = faults(tmp_path, MANY)
    assert name == "1_1.png"
    assert rule.startswith("pairs twice: ")


def test_what_is_alone_is_told_what_it_lacks(tmp_path):
    put(tmp_path, "gt/a.png", "lq/b.png")
    assert faults(tmp_path, SAME) == [
        ("a.png", "has no degraded mate lq/a"),
        ("b.png", "has no ground truth gt/b"),
    ]


def test_files_aside_are_passed_over_but_neither_twins_nor_links(tmp_path):
    put(tmp_path, "gt/a.jpg", "gt/a.png", "lq/a.png", "more/b.png")
    (tmp_path / "more" / "list.txt").write_text("")
    (tmp_path / "more" / "c.png").symlink_to(tmp_path.parent)
    found = faults(tmp_path, SAME, aside=("{any:.+}",))
    assert [(name, rule.partition(":")[0]) for name, rule in found] == [
        ("a.png", "pairs twice"),
        ("c.png", f"a link must lead to a file inside {tmp_path}"),
    ]


@pytest.mark.parametrize("mate", [(48, 32), (47, 31)])
def test_the_mates_size_is_the_pictures_over_the_scale(tmp_path, mate):
    put(tmp_path, "gt/a.png", size=(mate[0] * 2 + 1, mate[1] * 2))
    put(tmp_path, "lq/a.png", size=mate)
    assert len(names(tmp_path, Form("train", "gt/{id}", "lq/{id}", 2))) == 1


def test_another_size_is_named_with_what_it_must_be(tmp_path):
    (gt,) = put(tmp_path, "gt/a.png")
    (lq,) = put(tmp_path, "lq/a.png", size=(48, 31))
    (fault,) = size_faults(gt, [lq], scale=2)
    assert fault.path == lq
    assert fault.rule == f"is 48x31 pixels, {gt} is 96x64: at scale 2 the mate must be 48x32"


def test_a_picture_smaller_than_the_scale_is_named(tmp_path):
    (gt,) = put(tmp_path, "gt/a.png", size=(1, 1))
    (lq,) = put(tmp_path, "lq/a.png", size=(1, 1))
    (fault,) = size_faults(gt, [lq], scale=4)
    assert (fault.path, fault.rule) == (gt, "is 1x1 pixels: at scale 4 its mate would have none")
    assert size_faults(gt, [lq]) == []


def test_a_damaged_ground_truth_is_one_fault_for_all_its_mates(tmp_path):
    put(tmp_path, "clear/1.png", "hazy/1_1.png", "hazy/1_2.png")
    (tmp_path / "clear/1.png").write_bytes(b"")
    pairing = pair(tmp_path, [MANY])
    assert pairing.pairs == ()
    assert [f.path.name for f in pairing.faults] == ["1.png"]


def test_a_picture_that_exif_turns_has_its_upright_size(tmp_path):
    put(tmp_path, "gt/a.png", size=(40, 60))
    exif = Image.Exif()
    exif[274] = 6
    (tmp_path / "lq").mkdir()
    Image.new("RGB", (60, 40)).save(tmp_path / "lq/a.jpg", exif=exif)
    assert len(names(tmp_path, SAME)) == 1


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    form = Form("train", "{clear:clear|gt}/{id}", r"hazy/{id:\d+}_{nth}")
    ((_, rule),) = faults(tmp_path, form)
    assert rule == "holds no picture of this layout: (clear|gt)/{id}, hazy/{id}_{nth}"
