"""Two folders of one's own: names, splits, and every bad picture by name."""

import pytest
from pydantic import ValidationError

from components.errors import DatasetError
from components.sources.paired_folders import Params
from tests.miniatures import faults, pairs, put, source


def surveyed(folder, **params):
    return source("paired_folders", **params).survey(folder)


def test_equal_names_pair_and_are_drawn_into_splits(tmp_path):
    names = [f"{n}.png" for n in range(12)]
    put(tmp_path, *(f"{half}/{name}" for half in ("gt", "lq") for name in names))
    found = pairs(surveyed(tmp_path), tmp_path)
    assert sorted(found)[0][:2] == ("gt/0.png", "lq/0.png")
    assert len(found) == 12
    assert {split for _, _, split in found} == {"train", "validation", "test"}


def test_folders_per_split_decide_and_nothing_is_drawn(tmp_path):
    for split in ("train", "validation", "test"):
        put(tmp_path, *(f"{split}/{half}/{n}.png" for half in ("gt", "lq") for n in range(4)))
    found = pairs(surveyed(tmp_path), tmp_path)
    assert len(found) == 12
    assert all(gt.startswith(f"{split}/gt/") for gt, _, split in found)


def test_templates_name_pictures_with_many_mates(tmp_path):
    put(tmp_path, "clean/1.png", "clean/2.png", "clean/3.png")
    put(tmp_path, "wet/rain-1_a.png", "wet/rain-1_b.jpg", "wet/rain-2_a.png", "wet/rain-3_a.png")
    survey = surveyed(tmp_path, gt="clean", lq="wet/", lq_name="rain-{id}_{nth}")
    assert [pair[:2] for pair in pairs(survey, tmp_path)][:2] == [
        ("clean/1.png", "wet/rain-1_a.png"),
        ("clean/1.png", "wet/rain-1_b.jpg"),
    ]
    assert [found.scene for found in survey.found][:2] == ["clean/1", "clean/1"]


def test_smaller_mates_have_a_scale(tmp_path):
    put(tmp_path, "gt/a.png", size=(96, 64))
    put(tmp_path, "lq/a.png", size=(48, 32))
    assert len(surveyed(tmp_path, scale=2).found) == 1
    ((name, rule),) = faults(surveyed(tmp_path, scale=1), tmp_path)
    assert name == "lq/a.png"
    assert "at scale 1 the mate must be 96x64" in rule


def test_a_third_folder_is_a_fault(tmp_path):
    put(tmp_path, "gt/a.png", "lq/a.png", "old/a.png")
    assert faults(surveyed(tmp_path), tmp_path) == [
        ("old/a.png", "fits no place of this layout: gt/{id}, lq/{id}")
    ]


def test_finding_refuses_what_the_survey_names(tmp_path):
    put(tmp_path, "gt/a.png")
    with pytest.raises(DatasetError, match=r"gt/a\.png: has no degraded mate lq/a$"):
        source("paired_folders").find(tmp_path)


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({"gt": "x", "lq": "x/"}, "gt and lq must be two folders, both are 'x'"),
        ({"lq_name": "{name}"}, "gt_name and lq_name need a field in common"),
        ({"lq_name": "{id}_{nth:(}"}, "a field of gt_name or lq_name is no regular expression"),
        ({"validation": 0.5, "test": 0.5}, r"validation \+ test must stay below 1"),
        ({"scale": 0}, "greater than or equal to 1"),
    ],
)
def test_impossible_parameters_are_refused(params, rule):
    with pytest.raises(ValidationError, match=rule):
        Params(**params)
