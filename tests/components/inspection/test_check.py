"""A set checked as a whole: every fault in one report, and leaks between sets."""

import os
from pathlib import Path

import pytest
from PIL import Image

from components import parts, sources
from components.inspection.check import PictureSet, check
from components.sources import Found, Survey


@pytest.fixture
def clean(put, photographs, tmp_path):
    """Three splits of different photographs."""
    put("set/train/a.png", photographs["astronaut_0"])
    put("set/train/b.png", photographs["coffee_0"])
    put("set/validation/c.png", photographs["chelsea_0"])
    put("set/test/d.jpg", photographs["rocket_3"])
    return tmp_path / "set"


def leaks(findings, folder):
    """Names of the files that leak, each pair sorted."""
    return {
        tuple(sorted(Path(use.path).relative_to(folder).as_posix() for use in (r.first, r.second)))
        for r in findings.leaks
    }


def test_a_clean_set_has_no_findings(clean, picture_set):
    found = check(picture_set(clean))
    assert found.clean
    assert found.counts == {"train": 2, "validation": 1, "test": 1}
    assert found.num_read == 4


def test_a_changed_copy_in_another_split_leaks(clean, put, photographs, picture_set, change):
    put("set/test/copy.png", change(photographs["coffee_0"]))
    found = check(picture_set(clean))
    assert leaks(found, clean) == {("test/copy.png", "train/b.png")}
    assert not found.clean


def test_equal_content_in_another_format_leaks(clean, put, photographs, picture_set):
    put("set/validation/copy.bmp", photographs["coffee_0"])
    (leak,) = check(picture_set(clean)).leaks
    assert leak.equal
    assert leak.likeness == 1


def test_the_same_picture_twice_in_a_split_is_wrong_a_crop_of_it_is_told(
    clean, put, photographs, picture_set
):
    put("set/train/same.bmp", photographs["coffee_0"])
    put("set/train/crop.png", photographs["astronaut_0"].crop((0, 2, 250, 256)))
    found = check(picture_set(clean))
    assert [Path(r.second.path).name for r in found.repeated] == ["same.bmp"]
    assert {Path(r.first.path).name for r in found.alike} == {"a.png"}
    assert not found.leaks


def test_every_damaged_file_is_named_and_the_rest_is_checked(clean, put, photographs, picture_set):
    whole = (clean / "train/b.png").read_bytes()
    put("set/train/cut.png", whole[: len(whole) // 2])
    put("set/train/empty.png", b"")
    put("set/test/copy.png", photographs["coffee_0"])
    put("set/train/notes.doc", b"")
    found = check(picture_set(clean))
    assert [Path(flaw.path).name for flaw in found.flaws] == ["cut.png", "empty.png", "notes.doc"]
    assert leaks(found, clean) == {("test/copy.png", "train/b.png")}


def test_a_damaged_mate_is_named(put, photographs, picture_set, tmp_path):
    image = photographs["astronaut_0"]
    put("set/HR/a.png", image)
    mate = put("set/LRbicx4/a.png", image.resize((64, 64)))
    mate.write_bytes(mate.read_bytes()[:-600])
    found = check(picture_set(tmp_path / "set", "paired_sr", scale=4))
    assert [Path(flaw.path) for flaw in found.flaws] == [mate]


def test_counts_of_no_known_release_are_a_fault(put, photographs, picture_set, tmp_path):
    put("set/a.png", photographs["astronaut_0"])
    found = check(picture_set(tmp_path / "set", "clean_set", set="Set5"))
    assert [flaw.rule for flaw in found.flaws] == ["has 1 in test instead of 5 (Set5)"]
    assert found.fits == ()


def test_counts_of_a_known_release_are_said(put, photographs, picture_set, tmp_path):
    for name in list(photographs)[::5]:
        put(f"set/{name}.png", photographs[name])
    assert check(picture_set(tmp_path / "set", "clean_set", set="Set5")).fits == ("Set5",)


def test_a_crop_of_another_sets_training_picture_leaks(
    clean, put, photographs, picture_set, tmp_path
):
    put("other/HR/x.png", photographs["coffee_0"].crop((1, 1, 300, 200)))
    put("other/HR/y.png", photographs["camera_2"])
    found = check(picture_set(clean), [picture_set(tmp_path / "other", "paired_sr")])
    assert leaks(found, tmp_path) == {("other/HR/x.png", "set/train/b.png")}


def test_a_picture_in_the_same_split_of_another_set_is_told(
    clean, put, photographs, picture_set, tmp_path
):
    put("other/HR/x.png", photographs["rocket_3"])
    found = check(picture_set(clean), [picture_set(tmp_path / "other", "paired_sr")])
    assert found.clean
    assert [Path(r.second.path).name for r in found.alike] == ["x.png"]


def test_leaks_between_the_other_sets_are_not_asked_for(
    clean, put, photographs, picture_set, tmp_path
):
    put("one/HR/x.png", photographs["camera_2"])
    put("two/x.png", photographs["camera_2"])
    others = [picture_set(tmp_path / "one", "paired_sr")]
    others.append(picture_set(tmp_path / "two", "clean_set", set="BSD400"))
    found = check(picture_set(clean), others)
    assert found.clean
    assert not found.alike


def test_a_ground_truth_with_many_mates_is_compared_once(put, photographs, picture_set, tmp_path):
    put("set/train/clear/1.png", photographs["coffee_0"])
    for number in range(3):
        put(f"set/train/hazy/1_{number}_0.8.png", photographs["coffee_0"].point(lambda v: v // 2))
    found = check(picture_set(tmp_path / "set", "reside", set="its"))
    assert (found.repeated, found.alike, found.leaks) == ((), (), ())


class Filmed(sources.Source):
    """Two frames of one scene, in the two splits that they are given."""

    def __init__(self, *splits):
        self.splits = splits

    def survey(self, folder):
        files = [folder / "train/a.png", folder / "train/b.png"]
        pairs = zip(files, self.splits, strict=True)
        return Survey(tuple(Found(file, split, scene="street") for file, split in pairs), ())


def test_a_scene_in_two_splits_is_a_fault(clean):
    (flaw,) = check(PictureSet(clean, Filmed("train", "test"))).flaws
    assert flaw.rule == "scene 'street' is in test, train; it belongs to one split only"


def test_alike_frames_of_one_scene_in_one_split_are_as_they_must_be(clean, photographs, put):
    put("set/train/b.png", photographs["astronaut_0"].crop((2, 0, 256, 256)))
    assert check(PictureSet(clean, Filmed("train", "train"))).alike == ()
    assert len(check(PictureSet(clean, Filmed("train", "validation"))).leaks) == 1


def test_progress_ends_with_all(clean, picture_set):
    told = []
    check(picture_set(clean), progress=lambda *now: told.append(now))
    assert (4, 4, "reading") in told
    assert told[-1][0] == told[-1][1]


def test_a_damaged_palette_is_a_fault_too(clean, put, picture_set):
    put("set/train/cmyk.jpg", Image.new("CMYK", (40, 40)))
    (flaw,) = check(picture_set(clean)).flaws
    assert "its colours are CMYK" in flaw.rule


@pytest.mark.slow
def test_all_thirty_backgrounds_of_rain100h_are_found_in_bsd400():
    """And no other pair, but Set5's woman, which is BSD400's 302003 reduced to 0.71 of its sides."""
    datasets = os.environ.get("RESTILL_DATASETS")
    if datasets is None:
        pytest.skip("RESTILL_DATASETS does not name a folder that holds BSD400 and Rain100H")

    def at(folder, **params):
        source = parts.build("sources", parts.configure("sources", params))
        return PictureSet(Path(datasets, folder), source)

    bsd = at("BSD400", name="clean_set", set="BSD400")
    others = [
        at("Rain100H/target", name="clean_set", set="Set14"),
        at("Set5", name="paired_sr"),
        at("Set14", name="paired_sr"),
    ]
    found = check(bsd, others)
    rain = sorted(r.second.path for r in found.leaks if "Rain100H" in r.second.path)
    assert rain == sorted(str(p) for p in Path(datasets, "Rain100H/target").iterdir())
    rest = [r for r in found.leaks if "Rain100H" not in r.second.path]
    assert [(Path(r.first.path).name, Path(r.second.path).name) for r in rest] == [
        ("302003.jpg", "img_005.png")
    ]
    assert min(r.likeness for r in found.leaks) > 0.99
    assert found.alike == ()


def test_a_name_that_is_not_utf8_is_a_fault_that_can_be_printed(clean, picture_set):
    (clean / "train/a.png").rename(clean / "train" / os.fsdecode(b"\xff.png"))
    found = check(picture_set(clean))
    (flaw,) = found.flaws
    assert flaw.path == f"{clean}/train/\\xff.png"
    assert flaw.rule.startswith("the name is not UTF-8")
    assert "\\xff.png" in found.model_dump_json()
