"""Why a step would be done again: its key against the keys of the steps that are there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.keys import Key

_DIGITS = 12  # of a digest; enough to tell two apart
_NO_VALUE = object()


def nearest(key: Key, past: Sequence[Key]) -> Key | None:
    """Find the key that differs least; the first of several, so give the newest first.

    Args:
        key: What a step would be called now.
        past: Keys of the same station.

    Returns:
        None when there is none.
    """
    return min(past, key=lambda old: sum(1 for _ in differences(old, key)), default=None)


def differences(old: Key, new: Key, *, places: Mapping[str, str] | None = None) -> Iterator[str]:
    """Say what differs between two keys of a station, a line each.

    Args:
        old: Of a step that is there.
        new: Of the step that is asked for.
        places: First word of a parameter's name in the key -> where it stands in the parameter file,
            such as `recipe` -> `recipes.kdsr`.

    Yields:
        Parameters with their full names and both values, inputs, modules, versions; in this order.

    Example:
        >>> made = Key(
        ...     station="teacher",
        ...     digest="0",
        ...     parameters={"seed": 0, "recipe": {"steps": 9}},
        ...     inputs={},
        ...     modules={},
        ...     versions={"torch": "2.11"},
        ... )
        >>> asked = made.model_copy(update={"parameters": {"seed": 0, "recipe": {"steps": 8}}})
        >>> list(differences(made, asked, places={"recipe": "recipes.kdsr"}))
        ['recipes.kdsr.steps: 9 -> 8']
    """
    yield from _of_parameters(old, new, places or {})
    for name, before, after in _changed(old.inputs, new.inputs):
        yield f"input {name}: {_short(before)} -> {_short(after)}"
    for name, before, after in _changed(old.modules, new.modules):
        what = "new" if before is _NO_VALUE else "gone" if after is _NO_VALUE else "changed"
        yield f"module {name}: {what}"
    for name, before, after in _changed(old.versions, new.versions):
        yield f"{name}: {_shown(before)} -> {_shown(after)}"


def _of_parameters(old: Key, new: Key, places: Mapping[str, str]) -> Iterator[str]:
    before, after = dict(_leaves(old.parameters)), dict(_leaves(new.parameters))
    for name, was, now in _changed(before, after):
        first, dot, rest = name.partition(".")
        yield f"{places.get(first, first)}{dot}{rest}: {_shown(was)} -> {_shown(now)}"


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield dotted name and value of all that is no mapping or list, or an empty one."""
    if isinstance(value, Mapping) and value:
        pairs = [(str(key), child) for key, child in value.items()]
    elif isinstance(value, list | tuple) and value:
        pairs = [(str(number), child) for number, child in enumerate(value)]
    else:
        yield name, value
        return
    for key, child in pairs:
        yield from _leaves(child, f"{name}.{key}" if name else key)


def _changed(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, object, object]]:
    """Yield name, old and new value of all that differs, in the new order, what is gone last."""
    for name in (*new, *(name for name in old if name not in new)):
        before, after = old.get(name, _NO_VALUE), new.get(name, _NO_VALUE)
        if before != after:
            yield name, before, after


def _shown(value: object) -> str:
    return "nothing" if value is _NO_VALUE else repr(value) if value == "" else str(value)


def _short(digest: object) -> str:
    """Show an input's digest; it is empty where a step goes without, as a student alone."""
    return "nothing" if digest in ("", _NO_VALUE) else str(digest)[:_DIGITS]
