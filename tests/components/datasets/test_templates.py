"""Templates of paths: what fits, what is read, what is shown."""

import re

import pytest

from components.datasets.templates import fields_of, filled, match


@pytest.mark.parametrize(
    ("template", "text", "fields"),
    [
        ("clear/{id}", "clear/12", {"id": "12"}),
        ("clear/{id}", "clear/deep/12", None),
        ("clear/{id:.+}", "clear/deep/12", {"id": "deep/12"}),
        ("clear/{id}", "other/clear/12", None),
        ("{id}_{nth}", "1_2_3", {"id": "1", "nth": "2_3"}),
        (r"{id:\d+}x4w{nth}", "0001x4w2", {"id": "0001", "nth": "2"}),
        (r"{id:\d+}", "a1", None),
        ("{top:|train/}{id}", "train/1", {"top": "train/", "id": "1"}),
        ("{top:|train/}{id}", "1", {"top": "", "id": "1"}),
        ("{a}/{a}", "x/x", {"a": "x"}),
        ("{a}/{a}", "x/y", None),
        ("a+(1).{id}", "a+(1).2", {"id": "2"}),
        ("a+(1).{id}", "aa1x2", None),
        ("readme", "readme", {}),
    ],
)
def test_a_template_fits_as_a_whole_or_not_at_all(template, text, fields):
    assert match(template, text) == fields


def test_fields_are_named():
    assert set(fields_of(r"{a}/{b:\d+}-{a}")) == {"a", "b"}


def test_what_is_no_regular_expression_is_refused():
    with pytest.raises(re.error):
        fields_of("{a:(}")


def test_people_see_names_choices_and_known_values():
    template = r"{top:|train/}{clear:clear|gt}/{id:\d+}_{nth}"
    assert filled(template, {}) == "(|train/)(clear|gt)/{id}_{nth}"
    assert filled(template, {"top": "train/", "id": "7"}) == "train/(clear|gt)/7_{nth}"
