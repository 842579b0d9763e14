"""Which versions became the champion, and when, as the ledger has it."""

from components.archive.records import Reign
from components.promotion.ledger import Ledger
from components.tracking import Tracking

_SHORT = 12  # letters of a digest that tell it apart


def reigns(name: str, tracking: Tracking) -> tuple[Reign, ...]:
    """List every change of a model's champion, the oldest first; empty without a ledger.

    Raises:
        RegistryError: MLflow failed.
        LedgerError: somebody changed the ledger, so what it says is not known to be true.
    """
    return tuple(
        Reign(
            name=name,
            number=int(link.entry.new.version),
            since=link.entry.time,
            entry=f"{link.row.number}, {link.row.digest[:_SHORT]}",
            reason=link.entry.reason,
        )
        for link in Ledger(name, tracking).chain().changes
        if link.entry.new is not None
    )
