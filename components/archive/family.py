"""What came of a data version as a graph: data, teachers, students, released versions."""

from collections.abc import Iterator, Mapping

from components.archive.lineage import Descent, Member
from components.archive.records import Version
from components.reporting import formats
from components.reporting.graph import Node

_DATA = "data"
_SHORT = 12  # letters of a digest that tell it apart


def nodes(descent: Descent, *, most: int = 6) -> tuple[Node, ...]:
    """List what to draw: released networks, the newest first, and who taught them.

    Args:
        descent: What became of a data version.
        most: How many released networks to draw.

    Returns:
        Each node after what it was made of; the first is the data.
    """
    released = sorted(filter(lambda member: member.versions, descent.members), key=_newest)[:most]
    taught_by = {member.model.teacher for member in released}
    shown = [m for m in descent.members if m in released or m.model.weights in taught_by]
    rest = len(descent.members) - len(shown)
    note = f"and {rest} more network{'s' * (rest != 1)}" if rest else ""
    names = {member.model.weights: _name(member) for member in shown}
    networks = [_network(member, names) for member in shown]
    versions = [node for member in shown for node in _versions(member)]
    return (Node(_DATA, "data", descent.data, note=note), *networks, *versions)


def _name(member: Member) -> str:
    return f"{member.model.label} {member.model.weights[:_SHORT]}"


def _newest(member: Member) -> int:
    return -max(version.released for version in member.versions)


def _network(member: Member, names: Mapping[str, str]) -> Node:
    model = member.model
    of_data = (_DATA,) if member.trained else ()
    size = "" if model.num_parameters is None else f"{formats.count(model.num_parameters)} params"
    return Node(
        _name(member),
        model.label,
        model.weights,
        note=size if member.trained else "only tested on it",
        after=(names[model.teacher],) if model.teacher in names else of_data,
        tone="made" if member.trained else "reused",
    )


def _versions(member: Member) -> Iterator[Node]:
    for version in member.versions:
        yield Node(
            version.reference,
            version.name,
            f"version {version.number}",
            note=_note(version),
            after=(_name(member),),
            tone="good" if version.is_champion else "calm",
        )


def _note(version: Version) -> str:
    if version.aliases:
        return f"alias {', '.join(version.aliases)}"
    return "files removed" if version.removed else version.verdict
