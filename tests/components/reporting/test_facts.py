"""Facts that know a little of themselves."""

from components.reporting.facts import Step


def test_a_step_without_a_stage_has_the_name_of_what_it_made():
    assert Step("teacher", "77ab", reused=True, seconds=None).kind == "teacher"
    alone = Step("student alone", "34ef", reused=True, seconds=None, stage="student")
    assert alone.kind == "student"
