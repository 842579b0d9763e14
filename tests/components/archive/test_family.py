"""The graph of a data version: who is drawn, who taught whom, what is in service."""

import dataclasses

import pytest

from components.archive.family import nodes
from components.archive.lineage import Descent, descent
from tests.past import D1, D2, S1

# As the drawing calls them.
TEACHER, STUDENT, BEFORE = f"teacher {'72' * 6}", f"student {'52' * 6}", f"student {'51' * 6}"
ALONE = f"student alone {'a2' * 6}"


@pytest.fixture
def drawn(archive):
    return {node.name: node for node in nodes(descent(archive, D2))}


def test_teacher_to_student_is_an_edge_and_so_is_student_to_version(drawn):
    assert {name: node.after for name, node in drawn.items()} == {
        "data": (),
        TEACHER: ("data",),
        BEFORE: (),
        STUDENT: (TEACHER,),
        "tiny/1": (BEFORE,),
        "tiny/2": (STUDENT,),
    }


def test_the_champion_is_told_from_other_versions(drawn):
    assert (drawn["tiny/2"].tone, drawn["tiny/2"].note) == ("good", "alias champion")
    assert (drawn["tiny/1"].tone, drawn["tiny/1"].note) == ("calm", "better")


def test_a_network_that_was_only_tested_on_the_data_is_not_made_of_it(drawn):
    assert (drawn[BEFORE].tone, drawn[BEFORE].note) == ("reused", "only tested on it")
    assert (drawn[STUDENT].tone, drawn[STUDENT].note) == ("made", "1.00 k params")


def test_networks_that_nobody_released_are_counted(drawn):
    assert ALONE not in drawn
    assert drawn["data"].note == "and 1 more network"


def test_only_the_newest_versions_are_drawn(archive):
    found = nodes(descent(archive, D2), most=1)
    assert [node.name for node in found] == ["data", TEACHER, STUDENT, "tiny/2"]
    assert found[0].note == "and 2 more networks"


def test_every_node_comes_after_what_it_was_made_of(archive):
    for data in (D1, D2):
        seen = set()
        for node in nodes(descent(archive, data)):
            assert seen.issuperset(node.after)
            seen.add(node.name)


def test_a_version_whose_files_are_gone_says_so(archive):
    (one,) = (m for m in descent(archive, D1).members if m.model.weights == S1)
    gone = dataclasses.replace(one.versions[0], removed="2026-01-01")
    found = nodes(Descent(D1, (dataclasses.replace(one, versions=(gone,)),)))
    assert found[-1].note == "files removed"
    assert [node.title for node in found] == ["data", "student", "tiny"]


def test_data_of_which_nothing_was_released_stands_alone():
    assert [node.name for node in nodes(Descent(D1, ()))] == ["data"]
