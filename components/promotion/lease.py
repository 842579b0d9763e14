"""One at a time: wait for whoever is at work on a model, or for the proof that nobody is.

The lease is the open entry at the ledger's end. Its author shows every ten seconds that it is alive. An
author of this machine whose process is gone has lost the lease at once; any other when it gave no sign
for a minute, by the clock of the one who waits: clocks of two machines are never compared.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from components.errors import RegistryError
from components.promotion import authors
from components.promotion.chain import Chain, Link
from components.promotion.entries import Author
from components.promotion.ledger import Ledger
from components.promotion.recovery import finish

log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
BEAT_SECONDS = 10.0

_LOOK_SECONDS = 0.5


class Watch:
    """Tells whether an author still holds the lease."""

    def __init__(self) -> None:
        self._sign = ("", "")
        self._since = time.monotonic()
        self.alive = False
        """Whether a sign was seen since the watch began."""

    def is_lost(self, link: Link) -> bool:
        """Look at the open entry; True when its author is gone, or gave no sign for long enough."""
        sign = (link.row.digest, link.row.beat)
        if sign != self._sign:
            self.alive = self._sign[0] != ""
            self._sign, self._since = sign, time.monotonic()
        return authors.is_gone(link.entry.author) or time.monotonic() - self._since >= LEASE_SECONDS


def wait(ledger: Ledger, author: Author, look: Callable[[Chain], None]) -> Chain:
    """Wait until nobody is at work, and finish what those began who are gone.

    Args:
        ledger: Of the model.
        author: Who waits.
        look: Called with the ledger as it is each time; may raise to wait no longer.

    Raises:
        RegistryError: MLflow failed; and what `look` raises.
    """
    watch, told = Watch(), ""
    while True:
        chain = ledger.chain()
        look(chain)
        link = chain.open
        if link is None:
            return chain
        if watch.is_lost(link):
            finish(ledger, link, author)
            continue
        if link.row.digest != told:
            log.info("%s: waiting for %s, who is at work on it", ledger.model, link.entry.who)
            told = link.row.digest
        time.sleep(_LOOK_SECONDS * random.uniform(0.5, 1))  # noqa: S311 - no secret


@contextmanager
def beating(ledger: Ledger, number: int) -> Iterator[None]:
    """Show on an entry that its author is at work, for as long as the block runs."""
    done = threading.Event()

    def beat() -> None:
        count = 0
        while not done.wait(BEAT_SECONDS):
            count += 1
            with suppress(RegistryError):  # the lease may be lost by it; `Ledger.append` finds out
                ledger.beat(number, count)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
