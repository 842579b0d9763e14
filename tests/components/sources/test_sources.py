"""Every source: its miniature is read without a fault, and every trap is named, never raised."""

import shutil
from collections import Counter

import pytest

from components import dataset, parts
from components.config import DataParams
from components.datasets.manifest import read_rows
from components.errors import DatasetError
from components.sources import SPLITS, Expected, Fault, Found, Survey
from components.store import Store, Workplace
from tests import miniatures
from tests.miniatures import faults, source

# source -> parameters, number of pairs for training and for testing in its miniature
MINIATURES = {
    "div2k": ({"mates": "wild"}, miniatures.div2k, (8, 4)),
    "drealsr": ({}, miniatures.drealsr, (2, 2)),
    "gopro": ({}, miniatures.gopro, (6, 2)),
    "kadid10k": ({}, miniatures.kadid10k, (6, 0)),
    "lol": ({}, miniatures.lol, (3, 1)),
    "pipal": ({}, miniatures.pipal, (6, 0)),
    "rain100": ({"set": "L"}, miniatures.rain100, (3, 1)),
    "rain13k": ({}, miniatures.rain13k, (2, 2)),
    "rain1400": ({}, miniatures.rain1400, (28, 28)),
    "raindrop": ({}, miniatures.raindrop, (3, 1)),
    "realsr": ({}, miniatures.realsr, (4, 2)),
    "reside": ({"set": "ots"}, miniatures.ots, (37, 0)),
    "selfexsr": ({"set": "Set5"}, miniatures.selfexsr, (0, 2)),
    "sidd": ({}, miniatures.sidd, (3, 0)),
    "tid2013": ({}, miniatures.tid2013, (4, 0)),
}
# Tested alone: they read no published pairs, or only what is unpacked first.
ALONE = {"embedded", "folder", "paired_sr", "paired_folders", "clean_set", "rain800"}


@pytest.fixture(scope="module", params=sorted(MINIATURES))
def made(request, tmp_path_factory):
    """The name of a source, and its miniature."""
    folder = tmp_path_factory.mktemp(request.param)
    MINIATURES[request.param][1](folder)
    return request.param, folder


@pytest.fixture
def case(made, tmp_path):
    """A source, a copy of its miniature, and the number of pairs in it."""
    name, folder = made
    params, _, counts = MINIATURES[name]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return source(name, **params), tmp_path, counts


def test_every_source_is_tested_here_or_alone():
    assert set(parts.names("sources")) == MINIATURES.keys() | ALONE


def test_a_miniature_has_no_fault_and_all_its_pairs(case):
    part, folder, (train, test) = case
    survey = part.survey(folder)
    assert survey.faults == ()
    assert Counter(found.split for found in survey.found) == Counter(train=train, test=test)
    assert all(found.gt.is_file() and found.lq.is_file() for found in survey.found)
    assert len({found.lq for found in survey.found}) == train + test
    assert part.find(folder) == list(survey.found)


@pytest.mark.parametrize("name", ["gopro", "raindrop", "div2k"])
def test_a_set_with_a_drawn_validation_is_ready_for_training(tmp_path, name):
    params, make, (train, test) = MINIATURES[name]
    make(tmp_path / "data")
    place = Workplace(Store(tmp_path / "work"), tmp_path / "data")
    asked = DataParams.model_validate({"source": {"name": name, "validation": 0.3, **params}})
    record = dataset.prepare(asked, workplace=place).record
    counts = record.counts
    assert (counts["train"] + counts["validation"], counts["test"]) == (train, test)
    rows = [row for split in counts for row in read_rows(record, split, place)]
    assert all(row.lq and (place.data / row.lq).is_file() for row in rows)
    assert len({row.path for row in rows}) == len({row.sha256 for row in rows})


def test_pictures_are_sorted_by_path(case):
    part, folder, _ = case
    paths = [(found.gt, found.lq) for found in part.survey(folder).found]
    assert paths == sorted(paths)


def test_what_file_browsers_leave_is_passed_over(case):
    part, folder, _ = case
    before = part.survey(folder)
    for place in (folder, before.found[0].gt.parent):
        (place / "Thumbs.db").write_bytes(b"x")
        (place / ".DS_Store").write_bytes(b"x")
    assert part.survey(folder) == before


def test_a_file_of_no_place_is_named(case):
    part, folder, _ = case
    (stray,) = miniatures.put(folder, "elsewhere/deep/er/a.png")
    (fault,) = part.survey(folder).faults
    assert fault.path == stray
    assert fault.rule.startswith("fits no place of this layout: ")


def test_a_mate_without_its_ground_truth_is_named(case):
    part, folder, _ = case
    found = part.survey(folder).found
    lost = found[0].gt
    mates = {f.lq for f in found if f.gt == lost}
    lost.unlink()
    survey = part.survey(folder)
    assert {f.path for f in survey.faults if "has no ground truth" in f.rule} == mates
    assert {f.lq for f in survey.found} == {f.lq for f in found} - mates


def test_a_mate_of_another_size_is_named(case):
    part, folder, _ = case
    found = part.survey(folder).found
    miniatures.put(found[-1].lq.parent, found[-1].lq.name, size=(50, 50))
    survey = part.survey(folder)
    assert survey.faults[0].path == found[-1].lq
    assert survey.faults[0].rule.startswith(f"is 50x50 pixels, {found[-1].gt} is 96x64: at scale ")
    assert survey.found == found[:-1]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty, it has no byte"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read as a picture: "),
        (b"not a picture", "cannot be read as a picture: it is none of BMP, JPEG, PNG, TIFF, WEBP"),
    ],
)
def test_a_file_without_a_header_is_named(case, content, rule):
    part, folder, _ = case
    found = part.survey(folder).found
    found[-1].lq.write_bytes(content)
    survey = part.survey(folder)
    assert survey.faults[0].path == found[-1].lq
    assert survey.faults[0].rule.startswith(rule)
    assert survey.found == found[:-1]


def test_a_name_that_pairs_twice_is_named(case):
    part, folder, _ = case
    gt = part.survey(folder).found[0].gt
    twin = gt.with_suffix(".webp")
    shutil.copy(gt, twin)
    (fault,) = part.survey(folder).faults
    assert {fault.path, gt, twin} == {gt, twin}
    assert "pairs twice" in fault.rule


def test_a_link_out_of_the_folder_is_named(case, tmp_path_factory):
    part, folder, _ = case
    outside = tmp_path_factory.mktemp("outside") / "a.png"
    found = part.survey(folder).found
    mate = found[-1].lq
    shutil.move(mate, outside)
    mate.symlink_to(outside)
    assert Fault(mate, f"a link must lead to a file inside {folder}") in part.survey(folder).faults


def test_an_empty_or_missing_folder_is_a_fault(case, tmp_path_factory):
    part, _, _ = case
    empty = tmp_path_factory.mktemp("empty")
    assert part.survey(empty).faults
    (fault,) = (f for f in part.survey(empty / "gone").faults if f.path == empty / "gone")
    assert fault.rule == "there is no such data folder"


def test_known_releases_count_splits(case):
    part, _, _ = case
    for release in part.expected() or ():
        assert release.counts.keys() <= set(SPLITS)
        assert min(release.counts.values()) > 0


def test_finding_names_the_first_faults_and_counts_the_rest(tmp_path):
    miniatures.lol(tmp_path)
    miniatures.put(tmp_path, *(f"{number}.png" for number in range(8)))
    with pytest.raises(DatasetError) as caught:
        source("lol").find(tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path}: 8 faults"
    assert lines[1].startswith(f"  {tmp_path}/0.png: fits no place of this layout: our485/high/")
    assert (len(lines), lines[-1]) == (7, "  and 3 more")


def test_one_fault_is_one_line(tmp_path):
    with pytest.raises(DatasetError, match=r"^.*nowhere: there is no such data folder$"):
        source("lol").find(tmp_path / "nowhere")


def test_a_set_that_needs_no_unpacking_says_so(tmp_path):
    with pytest.raises(DatasetError, match="every file of this layout is one picture"):
        source("lol").unpack(tmp_path, tmp_path / "target")


def test_a_share_of_the_training_scenes_is_drawn_into_validation(tmp_path):
    miniatures.gopro(tmp_path)
    found = source("gopro", validation=0.4).survey(tmp_path).found
    scenes = {split: {f.scene for f in found if f.split == split} for split in SPLITS}
    assert scenes["test"] == {"GOPR0384_11_00"}
    assert len(scenes["validation"]) in {1, 2}
    assert not scenes["train"] & scenes["validation"]
    assert len(scenes["train"] | scenes["validation"]) == 3


def test_all_mates_of_a_picture_are_drawn_together(tmp_path):
    miniatures.ots(tmp_path)
    found = source("reside", set="ots", validation=0.5).survey(tmp_path).found
    assert Counter(f.split for f in found) in (
        {"train": 35, "validation": 2},
        {"train": 2, "validation": 35},
    )


def test_what_a_release_misses_counts_drawn_pictures_where_they_came_from(tmp_path):
    found = tuple(
        Found(tmp_path / f"{split}.png", split) for split in ("train", "validation", "test")
    )
    survey = Survey(found, ())
    assert Expected({"train": 2, "test": 1}).misses(survey) == {}
    assert Expected({"train": 1, "validation": 1, "test": 1}).misses(survey) == {}
    assert Expected({"train": 800, "test": 100}).misses(survey) == {"train": 2, "test": 1}


def test_the_test_of_a_release_alone_misses_nothing(tmp_path):
    survey = Survey((Found(tmp_path / "a.png", "test"),), ())
    assert Expected({"train": 1800, "test": 1}).misses(survey) == {}
    assert Expected({"train": 1800, "test": 2}).misses(survey) == {"test": 1}


def test_quality_sets_name_pictures_and_scores_alone(tmp_path):
    miniatures.kadid10k(tmp_path)
    lost = tmp_path / "images/I01_25_05.png"
    lost.rename(tmp_path / "images/I01_24_05.png")
    survey = source("kadid10k").survey(tmp_path)
    assert faults(survey, tmp_path) == [
        ("images/I01_24_05.png", "has no score"),
        (".", "scores i01_25_05.png, which is not there"),
    ]
    assert len(survey.found) == 5
