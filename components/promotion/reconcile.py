"""Reconcile: bring ledger and alias together again after a kill, and say what was done.

The ledger is right, the alias follows. An alias that somebody moved past the ledger is not followed and
not overwritten in silence: a promotion stops at it, and `restill promote --reconcile` or `restill
rollback` says on the record what holds.
"""

import time
from dataclasses import dataclass

from components import registry
from components.config import RegistryParams
from components.errors import LedgerError, StaleChampion
from components.promotion import authors, lease
from components.promotion.chain import Chain
from components.promotion.change import Choice, Plan, change
from components.promotion.entries import Author, Seat
from components.promotion.ledger import Ledger
from components.promotion.recovery import ANCHOR, finish
from components.registry import Champion
from components.tracking import Tracking

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found and done.

    Attributes:
        champion: The version in service; None without one.
        done: A line for each thing; empty when there was nothing to do.
    """

    champion: str | None
    done: tuple[str, ...]


def reconcile(model: str, tracking: Tracking) -> Reconciled:
    """Finish what was cut off, then put the alias where the ledger says.

    Args:
        model: Its name.
        tracking: Where the registry is.

    Raises:
        LedgerError: the ledger was changed; it cannot say what holds.
        RegistryError: MLflow failed, or there is no such model.
    """
    registry.require(model, tracking)
    ledger, author = Ledger(model, tracking), authors.here()
    done = _finish_all(ledger, author)
    if done and done[-1].endswith("at work"):
        return Reconciled(registry.alias(model, tracking), tuple(done))
    number = registry.alias(model, tracking)
    if adopt(ledger, author):
        done.append(f"version {number} was the champion before the ledger; written down")
    chain = ledger.chain()
    if chain.champion is not None and number != chain.champion.version:
        _repair(ledger, chain, author, number)
        done.append(f"{_points_to(number)}; put back to version {chain.champion.version}")
    return Reconciled(chain.champion.version if chain.champion else None, tuple(done))


def settled_champion(params: RegistryParams, tracking: Tracking) -> Champion | None:
    """Return the version in service, after what was cut off is finished; None without one.

    Raises:
        LedgerError: the ledger was changed, or the alias was moved past it.
        RegistryError: as `registry.champion`.
    """
    ledger, author = Ledger(params.model_name, tracking), authors.here()
    watch = lease.Watch()
    while (link := (chain := ledger.chain()).open) is not None:
        if watch.is_lost(link):
            finish(ledger, link, author)
        elif link.entry.kind == "intent":  # the champion is known, and stays for a while
            break
        else:
            time.sleep(_LOOK_SECONDS)
    require_alias(ledger, chain)
    return registry.champion(params, tracking)


def adopt(ledger: Ledger, author: Author) -> bool:
    """Write down a champion from before there was a ledger; False when there is nothing to write.

    Raises:
        LedgerError: the champion names an entry, so that there was a ledger, which is gone.
        RegistryError: MLflow failed, or the version was not released by this program.
    """
    model, tracking = ledger.model, ledger.tracking
    number = registry.alias(model, tracking)
    if number is None or ledger.chain().champion is not None:
        return False
    version = registry.version(model, number, tracking)
    if ANCHOR in version.tags:
        raise LedgerError(
            f"{model} version {number}: was made the champion by entry "
            f"{version.tags[ANCHOR][:12]} of its ledger, but there is none; restore it from a backup"
        )
    ledger.make()
    seat = Seat(version=number, weights_sha256=version.tags[registry.WEIGHTS])
    plan = Plan("adopt", author, None, str(version.run_id), reason="champion before the ledger")
    try:
        change(ledger, plan, lambda _: Choice(seat))
    except StaleChampion:  # another process has written it
        return False
    return True


def require_alias(ledger: Ledger, chain: Chain) -> None:
    """Make sure that the alias points where the ledger says.

    Raises:
        LedgerError: it does not: somebody moved it.
        RegistryError: MLflow failed.
    """
    number = registry.alias(ledger.model, ledger.tracking)
    if chain.champion is None or number == chain.champion.version:
        return
    latest = ledger.chain().champion
    if latest != chain.champion and latest is not None and number == latest.version:
        return  # it moved by the ledger, between the two looks
    back = f", `restill rollback {ledger.model} --to {number}` keeps it" if number else ""
    raise LedgerError(
        f"{ledger.model}: {_points_to(number)}, but by the ledger the champion is version "
        f"{chain.champion.version}: it was moved by something else than restill. `restill promote "
        f"{ledger.model} --reconcile` puts it back{back}"
    )


def _finish_all(ledger: Ledger, author: Author) -> list[str]:
    """Finish what those began who are gone; somebody who is alive is left at work."""
    done, watch = [], lease.Watch()
    while (link := ledger.chain().open) is not None:
        who, what = link.entry.who, f"{link.entry.action} of {link.entry.time}"
        if watch.is_lost(link):
            finish(ledger, link, author)
            way = "undone" if link.entry.kind == "intent" else "brought to its end"
            done.append(f"{what} by {who} was cut off; {way}")
        elif watch.alive or authors.is_here(link.entry.author):
            return [*done, f"{what} by {who} is at work"]
        else:
            time.sleep(_LOOK_SECONDS)
    return done


def _repair(ledger: Ledger, chain: Chain, author: Author, number: str | None) -> None:
    seat = chain.champion
    assert seat is not None  # noqa: S101 - the caller has looked
    run_id = str(registry.version(ledger.model, seat.version, ledger.tracking).run_id)
    reason = f"{_points_to(number)}, put back"
    plan = Plan("repair", author, seat.version, run_id, reason=reason)
    change(ledger, plan, lambda _: Choice(seat))


def _points_to(number: str | None) -> str:
    return f"the alias points to version {number}" if number else "the alias is gone"
