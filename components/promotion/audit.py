"""Verify: does the registry hold what the ledger says? Reads all, changes nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from components import registry
from components.errors import RegistryError
from components.promotion import authors
from components.promotion.chain import Chain, replay
from components.promotion.entries import Seat
from components.promotion.ledger import Ledger
from components.promotion.recovery import ANCHOR
from components.store import sha256_of
from components.tracking import GC, Tracking
from components.training import checkpoint


def audit(model: str, tracking: Tracking) -> list[str]:
    """Check the ledger, the alias, and the files of every version that ever was the champion.

    Returns:
        A line for each thing that is wrong; empty when nothing is. Versions whose files `restill gc`
        removed are no fault, unless one is the champion.

    Raises:
        RegistryError: MLflow failed, or there is no such model.
    """
    registry.require(model, tracking)
    ledger = Ledger(model, tracking)
    chain = replay(ledger.rows())
    with tracking.asking() as client:
        found = {str(v.version): v for v in client.search_model_versions(f"name = '{model}'")}
    return [
        *(f"ledger: {fault}" for fault in chain.faults),
        *_unfinished(chain),
        *_alias(ledger, chain),
        *_anchors(chain, found),
        *(fault for seat in _seats(chain) for fault in _files(ledger, seat, found)),
    ]


def _unfinished(chain: Chain) -> Iterator[str]:
    link = chain.open
    if link is not None and authors.is_gone(link.entry.author):
        yield (
            f"the {link.entry.action} of {link.entry.time} by {link.entry.who} was cut off; "
            "`restill promote --reconcile` finishes it"
        )


def _alias(ledger: Ledger, chain: Chain) -> Iterator[str]:
    number = registry.alias(ledger.model, ledger.tracking)
    ours = chain.champion.version if chain.champion else None
    if number != ours and (chain.open is None or chain.open.entry.kind == "intent"):
        yield (
            f"the alias {registry.CHAMPION} points to {_named(number)}, but by the ledger the champion "
            f"is {_named(ours)}: it was moved by something else than restill"
        )


def _named(number: str | None) -> str:
    return "no version" if number is None else f"version {number}"


def _anchors(chain: Chain, found: Mapping[str, Any]) -> Iterator[str]:
    """Find versions that name an entry which the ledger does not have: its end was cut off."""
    known = {link.row.digest for link in chain.changes}
    for number, version in sorted(found.items(), key=lambda item: int(item[0])):
        anchor = version.tags.get(ANCHOR)
        if anchor is not None and anchor not in known:
            yield (
                f"version {number} was made the champion by entry {anchor[:12]}, which is not in the "
                "ledger: it was changed or removed"
            )


def _seats(chain: Chain) -> list[Seat]:
    return list(chain.seats.values())


def _files(ledger: Ledger, seat: Seat, found: Mapping[str, Any]) -> Iterator[str]:
    """Check a version's tag and bytes."""
    ours = found.get(seat.version)
    if ours is None:
        yield f"version {seat.version} was the champion once, and is no longer in the registry"
        return
    if ours.tags.get(registry.WEIGHTS) != seat.weights_sha256:
        yield f"version {seat.version} has other weights than the ledger says (tag)"
        return
    if GC in ours.tags and seat.version != registry.alias(ledger.model, ledger.tracking):
        return
    try:
        released = registry.version(ledger.model, seat.version, ledger.tracking)
        folder = registry.folder_of(released, ledger.tracking)
    except RegistryError as error:
        yield str(error)
        return
    weights = folder / "artifacts" / registry.CHECKPOINT / checkpoint.WEIGHTS
    if not weights.is_file() or sha256_of(weights) != seat.weights_sha256:
        yield f"version {seat.version}: {weights} is missing or damaged (sha256)"
