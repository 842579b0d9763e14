"""Errors: the docstring lists them all."""

import inspect

from components import errors
from components.errors import RestorationError


def test_the_docstring_lists_every_error_and_no_other():
    classes = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    listed = [line.split()[0] for line in (errors.__doc__ or "").splitlines()[2:]]
    assert sorted(listed) == sorted(classes)


def test_every_error_is_a_restoration_error():
    for _, error in inspect.getmembers(errors, inspect.isclass):
        assert issubclass(error, RestorationError)
