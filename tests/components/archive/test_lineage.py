"""Lineage both ways: from a version to its data, and from data to all that came of it."""

import dataclasses

import pytest

from components.archive.lineage import ancestry, descent
from components.archive.records import Archive, Model, Reign
from components.errors import RegistryError, VersionError
from tests.past import A1, A2, B1, B2, COMMIT, D1, D2, S1, S2, SET5, T1, T2


@pytest.mark.parametrize("known", ["archive", "bare"])
def test_a_champion_leads_to_data_code_teacher_and_benchmark(known, request):
    found = ancestry(request.getfixturevalue(known), "tiny@champion")
    assert (found.version.number, found.data, found.way.commit) == (2, D2, COMMIT)
    assert (found.student.weights, found.teacher.weights) == (S2, T2)
    assert found.measurements[0].digest == B2


def test_other_measurements_of_a_version_come_after_that_of_the_gate(archive):
    assert [one.digest for one in ancestry(archive, "tiny/2").measurements] == [B2, SET5]
    assert [one.digest for one in ancestry(archive, "tiny/1").measurements] == [B1, B2]


def test_the_ledger_says_when_it_became_the_champion(archive):
    reign = Reign("tiny", 1, "2026-01-01T00:00:00", "3, abc", "better")
    known = dataclasses.replace(archive, reigns=(reign,))
    assert ancestry(known, "tiny/1").reigns == (reign,)
    assert ancestry(known, "tiny/2").reigns == ()


def test_a_version_whose_run_mlflow_has_no_longer_keeps_the_rest(archive):
    found = ancestry(dataclasses.replace(archive, ways={}), "tiny")
    assert found.way is None
    assert (found.data, found.teacher.weights) == (D2, T2)


def test_an_unknown_version_is_refused(archive):
    with pytest.raises(RegistryError, match="no version '9'"):
        ancestry(archive, "tiny/9")


def uses(found):
    """Weights -> trained, tested, versions, live versions."""
    return {
        member.model.weights: (
            member.trained,
            member.tested,
            [version.number for version in member.versions],
            [version.number for version in member.live],
        )
        for member in found.members
    }


def test_data_leads_to_every_network_trained_or_tested_on_it(archive):
    assert uses(descent(archive, D2)) == {
        T2: (True, True, [], []),
        A2: (True, True, [], []),
        S1: (False, True, [1], []),  # the champion before, measured again
        S2: (True, True, [2], [2]),
    }
    assert uses(descent(archive, D1)) == {
        T1: (True, True, [], []),
        A1: (True, True, [], []),
        S1: (True, True, [1], []),
    }


def test_without_the_store_only_measuring_again_is_not_known(archive, bare):
    everywhere, here = uses(descent(archive, D2)), uses(descent(bare, D2))
    assert {*everywhere} - {*here} == {S1}
    assert all(everywhere[weights] == known for weights, known in here.items())


def test_teachers_stand_before_their_students_however_long_the_line():
    line = {"c": Model("c", "a student", "data", "b"), "b": Model("b", "z", "data", "a")}
    found = descent(Archive(models=line | {"a": Model("a", "z", "data")}), "data")
    assert [member.model.weights for member in found.members] == ["a", "b", "c"]


def test_data_that_nothing_was_made_of_is_refused(archive):
    with pytest.raises(VersionError, match=r"^data:beef: no data versions of past runs begin so"):
        descent(archive, "beef")
