"""Why a step would be done again: each ingredient of a key, by its name."""

from components.keys import Key
from components.upkeep.reasons import differences, nearest

MADE = Key(
    station="student",
    digest="0" * 32,
    parameters={"seed": 0, "recipe": {"name": "kdsr", "steps": 800, "degradation": [{"level": 5}]}},
    inputs={"dataset": "a" * 64, "teacher": "b" * 64},
    modules={"components.student": "1", "components.keys": "2"},
    versions={"python": "3.11", "torch": "2.12.0"},
)


def changed(**parts):
    return MADE.model_copy(update=parts)


def said(new, **words):
    return list(differences(MADE, new, **words))


def test_equal_keys_differ_in_nothing():
    assert said(changed()) == []


def test_a_parameter_is_named_as_it_stands_in_the_parameter_file():
    recipe = {"name": "kdsr", "steps": 900, "degradation": [{"level": 6}]}
    new = changed(parameters={"seed": 1, "recipe": recipe})
    assert said(new, places={"recipe": "recipes.kdsr"}) == [
        "seed: 0 -> 1",
        "recipes.kdsr.steps: 800 -> 900",
        "recipes.kdsr.degradation.0.level: 5 -> 6",
    ]


def test_a_parameter_that_comes_or_goes_is_said_to():
    recipe = {"name": "kdsr", "ema": 0.99, "degradation": [{"level": 5}]}
    assert said(changed(parameters={"seed": 0, "recipe": recipe})) == [
        "recipe.ema: nothing -> 0.99",
        "recipe.steps: 800 -> nothing",
    ]


def test_an_empty_block_is_no_missing_block():
    old = changed(parameters={"recipe": {"extra": {}}})
    assert list(differences(old, changed(parameters={"recipe": {}}))) == [
        "recipe: nothing -> {}",
        "recipe.extra: {} -> nothing",
    ]


def test_an_input_is_named_with_both_digests():
    new = changed(inputs={"dataset": "c" * 64, "teacher": ""})
    assert said(new) == [
        "input dataset: aaaaaaaaaaaa -> cccccccccccc",
        "input teacher: bbbbbbbbbbbb -> nothing",
    ]


def test_a_module_is_changed_new_or_gone():
    new = changed(modules={"components.student": "9", "components.pictures.tiles": "3"})
    assert said(new) == [
        "module components.student: changed",
        "module components.pictures.tiles: new",
        "module components.keys: gone",
    ]


def test_a_library_is_named_with_both_versions():
    new = changed(versions={"python": "3.11", "torch": "2.13.0"})
    assert said(new) == ["torch: 2.12.0 -> 2.13.0"]


def test_the_nearest_key_is_that_with_the_fewest_differences():
    near = changed(digest="1" * 32, versions={"python": "3.12", "torch": "2.12.0"})
    far = changed(digest="2" * 32, versions={"python": "3.12", "torch": "2.11.0"})
    assert nearest(MADE, [far, near]) is near


def test_of_keys_that_are_equally_near_the_first_is_taken():
    one = changed(digest="1" * 32, inputs={"dataset": "x", "teacher": "b" * 64})
    other = changed(digest="2" * 32, inputs={"dataset": "y", "teacher": "b" * 64})
    assert nearest(MADE, [other, one]) is other


def test_nothing_is_nearest_when_there_is_nothing():
    assert nearest(MADE, []) is None
