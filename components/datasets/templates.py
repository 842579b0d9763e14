r"""Templates of paths: `hazy/{id}_{nth}` fits 1_2_0.9 in the folder hazy, with id 1 and nth 2_0.9.

A field in braces stands for one or more characters but `/`, as few as will do, or for what its regular
expression says: `{id:\d+}`, `{clear:clear|gt}`. A field that comes again stands for the same text.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache

_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_CHOICE = re.compile(r"[\w/|]+")  # a regular expression that people can read


def fields_of(template: str) -> AbstractSet[str]:
    """Name the fields of a template.

    Raises:
        re.error: the regular expression of a field is none.
    """
    return _compiled(template).groupindex.keys()


def match(template: str, text: str) -> dict[str, str] | None:
    r"""Read the fields of a text that a template fits as a whole; None where it does not fit.

    Example:
        >>> match(r"hazy/{id:\d+}_{nth}", "hazy/1_2_0.9")
        {'id': '1', 'nth': '2_0.9'}
    """
    found = _compiled(template).fullmatch(text)
    return None if found is None else found.groupdict()


def filled(template: str, known: Mapping[str, str]) -> str:
    r"""Write a template for people, with the values of known fields.

    Example:
        >>> filled(r"{top:clear|gt}/{id:\d+}_{nth}", {"id": "1"})
        '(clear|gt)/1_{nth}'
    """

    def write(field: re.Match[str]) -> str:
        name, rule = field[1], field[2]
        choice = f"({rule})" if rule and _CHOICE.fullmatch(rule) else f"{{{name}}}"
        return known.get(name, choice)

    return _FIELD.sub(write, template)


@cache
def _compiled(template: str) -> re.Pattern[str]:
    pattern, end, seen = "", 0, set()
    for field in _FIELD.finditer(template):
        pattern += re.escape(template[end : field.start()])
        name, rule = field[1], field[2] or "[^/]+?"
        pattern += f"(?P={name})" if name in seen else f"(?P<{name}>{rule})"
        seen.add(name)
        end = field.end()
    return re.compile(pattern + re.escape(template[end:]))
