"""`restill promote`, `history`, `champion`, `verify` and `rollback`: the champion, on the record."""

from typing import Annotated

import typer

from components.errors import ConfigError
from flows.commands.terminal import enter, say
from flows.environment import Checkout

_WRONG = 1

Model = Annotated[str, typer.Argument(help="Its name in the registry; empty: that of params.yaml.")]


def promote(
    model: Model = "",
    *,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Finish what was cut off; put the alias right.")
    ] = False,
) -> None:
    """Bring ledger and alias together again; candidates are promoted by `restill run` alone."""
    checkout = enter()
    if not reconcile:
        raise ConfigError(
            "restill promote: needs --reconcile; a candidate is promoted by `restill run`, after the "
            "gate, and an earlier champion by `restill rollback`"
        )
    from components.promotion import reconcile as station
    from components.tracking import Tracking

    name = model or _configured(checkout)
    found = station.reconcile(name, Tracking(checkout.mlruns))
    for line in found.done or ("nothing to do",):
        say(line)
    say(f"{name}: {_version(found.champion)}")


def history(model: Model = "") -> None:
    """List every change of the champion: when, by whom, from what to what, and why."""
    checkout = enter()
    from components.promotion import history as station
    from components.tracking import Tracking

    links = station.history(model or _configured(checkout), Tracking(checkout.mlruns))
    for link in links:
        say(station.line(link))
    if not links:
        say("no change was ever recorded")


def champion(
    model: Model = "",
    at: Annotated[
        str, typer.Option(help="A day, its end is meant, or a time; UTC unless it has a zone.")
    ] = "",
) -> None:
    """Say which version is the champion, or was at a time, and since when."""
    checkout = enter()
    from components.promotion import history as station
    from components.tracking import Tracking

    name, tracking = model or _configured(checkout), Tracking(checkout.mlruns)
    term = station.champion_at(name, at or station.LATEST, tracking)
    since = f" since {term.entry.time[:19]}Z, by {term.entry.who}" if term.entry else ""
    say(f"{name}: {_version(term.version)}{since}")


def verify(model: Model = "") -> None:
    """Check ledger, alias and files of every champion; status 1: something is wrong."""
    checkout = enter()
    from components.promotion import audit
    from components.tracking import Tracking

    name = model or _configured(checkout)
    faults = audit.audit(name, Tracking(checkout.mlruns))
    for fault in faults:
        say(f"{name}: {fault}")
    if faults:
        raise typer.Exit(_WRONG)
    say(f"{name}: ledger, alias and files are as they were written")


def rollback(
    model: Model = "",
    to: Annotated[str, typer.Option(help="A version that was the champion; empty: before.")] = "",
    reason: Annotated[str, typer.Option("--message", "-m", help="Why; for the ledger.")] = "",
) -> None:
    """Make an earlier champion the champion again, checked as any other."""
    checkout = enter()
    from components.promotion import rollback as station
    from components.tracking import Tracking

    name = model or _configured(checkout)
    done = station.rollback(name, Tracking(checkout.mlruns), to=to, reason=reason)
    for line in done.skipped:
        say(line)
    say(f"{name}: version {done.left} -> version {done.release.version}")


def _configured(checkout: Checkout) -> str:
    from components.config import load_params

    return load_params(checkout.params).registry.model_name


def _version(number: str | None) -> str:
    return f"version {number}" if number else "no champion"
