"""From which data, by which work, to which release."""

import dataclasses

import pytest

from components.artifacts import Verdict
from components.report import render
from components.reporting.facts import DataVersion, GitState
from components.reporting.lineage import nodes
from tests.document import Document
from tests.sample_run import FACTS, QUICK, but


@pytest.fixture(scope="module")
def page() -> Document:
    return Document(render(FACTS))


def test_lineage_names_data_code_and_stations(page: Document):
    assert "d8e8.dir, train 8, test 4" in page.text
    assert "commit 9fceb02d" in page.text
    assert "dataset 3f9a reused \N{EN DASH} teacher 77ab made 1 min 15 s" in page.text
    assert "benchmark of student 9a8b made" in page.text
    assert "seed: 0 recipe: kdsr" in page.text
    assert "no commit" not in page.text


def test_what_no_commit_holds_is_said():
    dirty = Document(render(but(QUICK, git=GitState("9fceb02d", clean=False)))).text
    assert "with changes that no commit holds" in dirty
    bare = but(
        QUICK, git=GitState("", clean=False), data=DataVersion("d8e8.dir", {}, committed=False)
    )
    text = Document(render(bare)).text
    assert "in no commit" in text
    assert "not committed: no commit names this version" in text


def test_the_run_is_a_graph_from_the_data_to_the_registry():
    assert {node.name: node.after for node in nodes(FACTS)} == {
        "data": (),
        "teacher": ("data",),
        "student": ("teacher",),
        "student alone": ("data",),
        "benchmark": ("student", "student alone"),
        "gate": ("benchmark",),
        "registry": ("gate",),
    }


def test_what_was_reused_is_told_from_what_was_made():
    told = {node.name: (node.tone, node.note) for node in nodes(FACTS)}
    assert told["data"] == ("reused", "12 pictures")
    assert told["teacher"] == ("made", "made in 1 min 15 s")
    assert told["student alone"] == ("reused", "reused")
    assert told["benchmark"] == ("made", "4 models, 0 reused")
    assert told["gate"] == ("good", "+0.21 dB over champion")
    assert told["registry"] == ("good", "alias champion")


def test_a_refused_student_leaves_the_champion_where_it_was():
    refused = Verdict(passed=False, outcome="rejected", gain_db=None, reasons=())
    *_, gate, registry = nodes(but(verdict=refused, release=None))
    assert (gate.key, gate.note, gate.tone) == ("rejected", "not compared", "bad")
    assert (registry.key, registry.note) == ("restill-kdsr version 3", "as before this run")


def test_a_student_without_a_teacher_comes_from_the_data():
    student = dataclasses.replace(FACTS.steps[2])
    found = {node.name: node.after for node in nodes(but(steps=(student,)))}
    assert found["student"] == ("data",)
    assert found["benchmark"] == ("student",)
