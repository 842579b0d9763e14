"""Roll back: an earlier champion becomes the champion again, through the same lease, checks and ledger."""

from dataclasses import dataclass, field

from components import registry
from components.artifacts import Release
from components.errors import RegistryError
from components.promotion import authors, lease, reconcile
from components.promotion.chain import Chain
from components.promotion.change import Choice, Plan, change
from components.promotion.entries import Seat
from components.promotion.ledger import Ledger
from components.promotion.serving_check import require_serving
from components.tracking import Tracking


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What became the champion.

    Attributes:
        left: The version that was.
        skipped: A line for each version that was passed over, with the reason.
    """

    release: Release
    left: str
    skipped: tuple[str, ...]


@dataclass(slots=True)
class _Search:
    """Looks for a version that works, from the latest to the earliest."""

    ledger: Ledger
    targets: list[Seat]
    only: bool
    skipped: list[str] = field(default_factory=list)

    def choose(self, chain: Chain) -> Choice:  # noqa: ARG002 - `change` calls with it
        """Take the first that works; one that was asked for by number must."""
        for seat in self.targets:
            try:
                _require_fit(self.ledger, seat)
            except RegistryError as error:
                if self.only:
                    raise
                self.skipped.append(f"version {seat.version} was skipped: {error}")
            else:
                return Choice(seat, "; ".join(self.skipped))
        raise RegistryError(
            f"{self.ledger.model}: no earlier champion works: {'; '.join(self.skipped)}"
        )


def rollback(model: str, tracking: Tracking, *, to: str = "", reason: str = "") -> RolledBack:
    """Make an earlier champion the champion again.

    Args:
        model: Its name.
        tracking: Where the registry is.
        to: A version that was the champion once; empty for the one before, and the one before that when
            its files are gone or damaged.
        reason: Why; goes into the ledger.

    Raises:
        StaleChampion: another became the champion meanwhile.
        LedgerError: the ledger was changed.
        RegistryError: MLflow failed, there is no such model, no earlier champion, or none that works.
    """
    registry.require(model, tracking)
    ledger, author = Ledger(model, tracking), authors.here()
    reconcile.adopt(ledger, author)
    chain = lease.wait(ledger, author, lambda _: None)
    if chain.champion is None:
        raise RegistryError(f"{model}: nothing was ever promoted, so there is no way back")
    search = _Search(ledger, _targets(model, chain, to), only=bool(to))
    plan = Plan(
        action="rollback",
        author=author,
        expected=chain.champion.version,
        run_id=chain.changes[-1].row.run_id,
        reason=reason,
    )
    seat = change(ledger, plan, search.choose)
    release = Release(name=model, version=seat.version, alias=registry.CHAMPION)
    return RolledBack(release, chain.champion.version, tuple(search.skipped))


def _targets(model: str, chain: Chain, to: str) -> list[Seat]:
    """List where a rollback may lead, in the order to try."""
    if not to:
        earlier = chain.stack[-2::-1]
        if not earlier:
            raise RegistryError(f"{model}: version {chain.stack[-1].version} is the first champion")
        return earlier
    if to not in chain.seats:
        known = ", ".join(chain.seats)
        raise RegistryError(f"{model}: version {to!r} was never the champion (there were: {known})")
    if chain.champion is not None and to == chain.champion.version:
        raise RegistryError(f"{model}: version {to} is the champion already")
    return [chain.seats[to]]


def _require_fit(ledger: Ledger, seat: Seat) -> None:
    """Make sure that a version still is what was promoted, and works."""
    version = registry.version(ledger.model, seat.version, ledger.tracking)
    if version.tags[registry.WEIGHTS] != seat.weights_sha256:
        raise RegistryError(
            f"{ledger.model} version {seat.version}: is not what was promoted (sha256 of the weights)"
        )
    require_serving(ledger.model, seat.version, ledger.tracking)
