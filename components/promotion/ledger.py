"""A model's ledger, kept in the registry itself: entries are versions of a model named NAME.ledger.

The registry gives each version its number once, on SQLite, on PostgreSQL and through a tracking server
alike, and writes it together with its tags. That is the one atomic step that MLflow has, and all that
`chain` needs; aliases and tags know no expected value, so the last writer wins.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

from components import registry
from components.errors import LedgerError, RegistryError
from components.paging import pages
from components.promotion.chain import Chain, Row, replay
from components.promotion.entries import Entry, digest_of
from components.tracking import Tracking

ENTRY = "restill.entry"
"""Tag of a version that is an entry of a ledger: its text. `upkeep.census` asks for this name."""

_DIGEST = "restill.entry.sha256"
_BEAT = "restill.beat"
_EVIDENCE = "restill.evidence"

_ATTEMPTS = 6  # MLflow itself gives up a number after three writers were faster
_PAUSE = 0.2  # seconds, at most, before the second attempt; then twice that
_A_PAGE = 1000


class Ledger:
    """The ledger of one model.

    Args:
        model: The model's name.
        tracking: Where the registry is.
    """

    def __init__(self, model: str, tracking: Tracking) -> None:
        self.model = model
        self.name = f"{model}{registry.LEDGER}"
        self.tracking = tracking

    def rows(self) -> list[Row]:
        """Read what is stored; empty when there is no ledger.

        Raises:
            RegistryError: MLflow failed.
        """
        with self.tracking.asking() as client:
            return [_row(version) for version in _all(client, f"name = '{self.name}'")]

    def chain(self) -> Chain:
        """Read the ledger and check every entry.

        Raises:
            RegistryError: MLflow failed.
            LedgerError: somebody changed it; nothing may be promoted by it.
        """
        chain = replay(self.rows())
        if chain.faults:
            raise LedgerError(
                f"ledger of {self.model}: {'; '.join(chain.faults)}; nothing is promoted until it "
                "is restored from a backup of the registry"
            )
        return chain

    def append(self, entry: Entry, run_id: str, evidence: str = "") -> bool:
        """Write an entry, unless another was written since the one that it follows.

        Args:
            entry: What to write.
            run_id: A run of MLflow's, so that tools that copy a registry take the entry along.
            evidence: What the entry's digest of evidence is of.

        Returns:
            Whether it counts. When it does not, somebody else was faster, and nothing has happened.

        Raises:
            RegistryError: MLflow failed; whether it was written is not known then.
            LedgerError: somebody changed the ledger.
        """
        digest = digest_of(entry.text)
        tags = {ENTRY: entry.text, _DIGEST: digest, _BEAT: "0"}
        if evidence:
            tags[_EVIDENCE] = evidence
        for attempt in range(_ATTEMPTS):
            chain = self.chain()
            if any(link.row.digest == digest for link in chain.links):
                return True
            if chain.head != entry.after:
                return False
            try:
                self._write(run_id, tags)
            except RegistryError:  # it may have been written nevertheless: the answer got lost
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311 - no secret
        return any(link.row.digest == digest for link in self.chain().links)

    def beat(self, number: int, count: int) -> None:
        """Show on a row that its author is at work.

        Raises:
            RegistryError: MLflow failed.
        """
        with self.tracking.asking() as client:
            client.set_model_version_tag(self.name, str(number), _BEAT, str(count))

    def make(self) -> None:
        """Make the model that holds the entries, unless it is there; several may do so at once.

        Raises:
            RegistryError: MLflow failed.
        """
        registry.make(self.name, self.tracking)

    def _write(self, run_id: str, tags: dict[str, str]) -> None:
        with self.tracking.asking() as client:
            # No files lie there. A server takes only a source within the run's own artifacts.
            source = f"{client.get_run(run_id).info.artifact_uri}/ledger"
            client.create_model_version(self.name, source, run_id, tags=tags)


def _all(client: Any, wanted: str) -> Iterator[Any]:
    order = ["version_number ASC"]
    return pages(
        lambda token: client.search_model_versions(
            wanted, max_results=_A_PAGE, order_by=order, page_token=token
        )
    )


def _row(version: Any) -> Row:
    tags = version.tags
    return Row(
        number=int(version.version),
        text=tags.get(ENTRY, ""),
        digest=tags.get(_DIGEST, ""),
        beat=tags.get(_BEAT, ""),
        evidence=tags.get(_EVIDENCE, ""),
        run_id=str(version.run_id),
    )
