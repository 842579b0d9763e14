"""The state machine that every change of a champion goes through.

intent -> (choose and check a version) -> change -> alias -> settled

Until the change is written nothing has changed; from then on it only goes forward. So a kill at any
point ends in exactly the old or the new champion, whoever finishes it (`recovery`).
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from components import faults
from components.errors import RegistryError, StaleChampion
from components.promotion import lease, recovery
from components.promotion.chain import Chain, Link
from components.promotion.entries import Action, Author, Entry, Seat, digest_of, now
from components.promotion.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody is about to do.

    Attributes:
        expected: The version that must be the champion still; None when there must be none.
        run_id: A run of MLflow's that it belongs to.
        evidence: Reports and verdict as text; may be empty.
    """

    action: Action
    author: Author
    expected: str | None
    run_id: str
    verdict: str = ""
    evidence: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The version that is to be the champion, checked, and what there is to say about it."""

    seat: Seat
    reason: str = ""


def change(ledger: Ledger, plan: Plan, choose: Callable[[Chain], Choice]) -> Seat:
    """Change the champion.

    Args:
        ledger: Of the model; it is there.
        plan: Who does what.
        choose: Called under the lease with the ledger; finds and checks the new champion.

    Returns:
        The new champion.

    Raises:
        StaleChampion: another became the champion meanwhile; nothing was changed.
        RegistryError: MLflow failed; and whatever `choose` raises, which leaves the champion.
    """
    held = _claim(ledger, plan)
    faults.point("release.intended")
    with lease.beating(ledger, held.row.number):
        try:
            choice = choose(ledger.chain())
        except BaseException as error:
            with suppress(RegistryError):  # whoever comes next finds the entry, and ends it
                recovery.abandon(ledger, held, plan.author, str(error) or type(error).__name__)
            raise
        _commit(ledger, plan, held, choice)
    recovery.settle(ledger, plan.author)
    return choice.seat


def require_expected(model: str, expected: str | None, chain: Chain) -> None:
    """Make sure that the champion is the one that somebody reckons with.

    Raises:
        StaleChampion: it is another; the message says who made it the champion.
    """
    if expected == (chain.champion.version if chain.champion else None):
        return
    raise StaleChampion(
        f"{model}: this was judged against champion {expected or 'none'}, but "
        f"{_latest(chain)}; judge it again"
    )


def _claim(ledger: Ledger, plan: Plan) -> Link:
    """Take the lease: write an intent that counts."""
    attempt = uuid.uuid4().hex
    while True:
        chain = lease.wait(
            ledger, plan.author, lambda chain: require_expected(ledger.model, plan.expected, chain)
        )
        intent = Entry(
            kind="intent",
            action=plan.action,
            after=chain.head,
            attempt=attempt,
            time=now(chain.time),
            author=plan.author,
            old=chain.champion,
            verdict=plan.verdict,
        )
        if ledger.append(intent, plan.run_id):
            return next(link for link in ledger.chain().links if link.entry == intent)


def _commit(ledger: Ledger, plan: Plan, held: Link, choice: Choice) -> None:
    """Write the change, which counts only while the lease is ours."""
    entry = Entry(
        kind="change",
        action=plan.action,
        after=held.row.digest,
        attempt=held.entry.attempt,
        time=now(held.entry.time),
        author=plan.author,
        old=held.entry.old,
        new=choice.seat,
        verdict=plan.verdict,
        evidence=digest_of(plan.evidence) if plan.evidence else "",
        reason="; ".join(filter(None, (plan.reason, choice.reason))),
    )
    if not ledger.append(entry, plan.run_id, plan.evidence):
        raise StaleChampion(
            f"{ledger.model}: gave no sign of life for {lease.LEASE_SECONDS:.0f} s and lost the "
            f"lease; {_latest(ledger.chain())}"
        )
    faults.point("release.changed")


def _latest(chain: Chain) -> str:
    """Say who is the champion, and by whom."""
    if not chain.changes or chain.champion is None:
        return "there is no champion now"
    last = chain.changes[-1].entry
    return f"the champion is now version {chain.champion.version}, by {last.who} at {last.time}"
