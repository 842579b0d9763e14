"""`restill lineage`: what a version was made from, and what became of a data version."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.terminal import enter, say

if TYPE_CHECKING:
    from components.archive.lineage import Ancestry, Descent, Member
    from components.archive.records import Measurement, Model

_DATA = "data:"
_SHORT = 12  # letters of a digest that tell it apart


def lineage(
    reference: Annotated[
        str, typer.Argument(help="NAME@champion, NAME/VERSION, or data:DIGEST (or its beginning).")
    ],
    *,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="List every parameter of the version's run.")
    ] = False,
) -> None:
    """Say what a version was made from, or which models were trained or tested on a data version."""
    checkout = enter()
    from components.archive import lineage as ways
    from components.archive.reading import read
    from components.tracking import Tracking

    archive = read(Tracking(checkout.mlruns), checkout.workplace.store)
    if reference.startswith(_DATA):
        lines = _descent(ways.descent(archive, reference.removeprefix(_DATA)))
    else:
        lines = _ancestry(ways.ancestry(archive, reference), parameters=parameters)
    for line in lines:
        say(line)


def _ancestry(found: "Ancestry", *, parameters: bool) -> Iterator[str]:
    """Yield a line a fact; what is not known is said to be so."""
    version, way = found.version, found.way
    aliases = "".join(f", {alias}" for alias in version.aliases)
    removed = f", its files were removed on {version.removed}" if version.removed else ""
    yield f"{version.reference}{aliases}{removed}"
    yield f"  data        {found.data or 'not known'}"
    if way is None:
        yield f"  run         {version.run_id}, which MLflow has no longer"
    else:
        changed = ", with changes that no commit holds" if way.dirty else ""
        yield f"  code        {f'commit {way.commit}' if way.commit else 'in no commit'}{changed}"
        yield f"  run         {way.name}, {way.run_id}"
        yield (
            f"  parameters  recipe {version.recipe}, seed {way.params.get('seed', 'not known')}, "
            f"{len(way.params)} values"
        )
        for name, value in sorted(way.params.items()) if parameters else ():
            yield f"    {name}: {value}"
    yield f"  teacher     {_network(found.teacher) if found.teacher else 'none'}"
    yield f"  student     {_network(found.student)}"
    for one in found.measurements:
        gate = one.digest == version.benchmark
        yield f"  benchmark   {_measured(one)}{f'; gate: {version.verdict}' if gate else ''}"
    for reign in found.reigns:
        why = f": {reign.reason}" if reign.reason else ""
        yield f"  ledger      entry {reign.entry}, champion since {reign.since}{why}"
    if not found.reigns:
        yield "  ledger      no entry"


def _network(model: "Model") -> str:
    size = "" if model.num_parameters is None else f", {model.num_parameters:,} parameters"
    return f"sha256 {model.weights}{size}{f', {model.folder}' if model.folder else ''}"


def _measured(one: "Measurement") -> str:
    means = ", ".join(f"{metric} {mean:.4f}" for metric, mean in one.means.items())
    return f"{one.digest[:_SHORT]} by {one.protocol or 'a protocol not known'}: {means}"


def _descent(found: "Descent") -> Iterator[str]:
    """Yield a line a network."""
    count = len(found.members)
    yield f"data {found.data}: {count} network{'s' * (count != 1)} trained or tested on it"
    for member in found.members:
        yield f"  {_member(member)}"


def _member(member: "Member") -> str:
    model = member.model
    teacher = f" of teacher {model.teacher[:_SHORT]}" if model.teacher else ""
    uses = [word for word, was in (("trained", member.trained), ("tested", member.tested)) if was]
    versions = [
        v.reference + (f" (live: {', '.join(v.aliases)})" if v.aliases else "")
        for v in member.versions
    ]
    released = f"; {', '.join(versions)}" if versions else ""
    return f"{model.label} {model.weights[:_SHORT]}{teacher}: {' and '.join(uses)}{released}"
