"""Promote: a candidate that passed the gate becomes the champion."""

import zlib
from base64 import b64encode
from functools import partial

from components import faults, registry
from components.artifacts import Release
from components.config import RegistryParams
from components.promotion import authors, lease, reconcile, registration
from components.promotion.chain import Chain
from components.promotion.change import Choice, Plan, change, require_expected
from components.promotion.entries import Author, Seat
from components.promotion.ledger import Ledger
from components.promotion.registration import Candidate
from components.promotion.serving_check import require_serving
from components.tracking import Tracking

_LONGEST_EVIDENCE = 90_000  # characters; MLflow takes 100 000 in a tag


def promote(
    candidate: Candidate, params: RegistryParams, *, tracking: Tracking, flow_run: str = ""
) -> Release:
    """Register a candidate, try it in a clean process, and make it the champion, on the record.

    Safe to repeat after a kill at any point: weights that are registered keep their version.

    Args:
        candidate: What the gate has judged.
        params: The model's name.
        tracking: Where the registry is.
        flow_run: Prefect's name for the flow that promotes.

    Raises:
        StaleChampion: another champion was released since the candidate was judged.
        CheckpointError: the candidate's files are damaged.
        LedgerError: the ledger was changed, or contradicts the alias.
        RegistryError: MLflow failed, the candidate is not one that passed the gate, or the version does
            not work in a clean process; the champion stays.
    """
    registration.require_fit(candidate)
    name, author = params.model_name, authors.here(flow_run)
    registry.make(name, tracking)
    faults.point("release.model")
    ledger = Ledger(name, tracking)
    ledger.make()
    faults.point("release.ledger")
    reconcile.adopt(ledger, author)
    seat = _in_service(ledger, candidate, author)
    if seat is None:
        seat = change(ledger, _plan(candidate, author), partial(_choose, candidate, ledger))
    return Release(name=name, version=seat.version, alias=registry.CHAMPION)


def _in_service(ledger: Ledger, candidate: Candidate, author: Author) -> Seat | None:
    """Return the champion when it is the candidate already."""

    def look(chain: Chain) -> None:
        if chain.champion is None or chain.champion.weights_sha256 != candidate.checkpoint.sha256:
            require_expected(ledger.model, candidate.champion_version, chain)

    chain = ledger.chain()
    look(chain)
    if chain.champion is None or chain.champion.weights_sha256 != candidate.checkpoint.sha256:
        return None
    lease.wait(ledger, author, look)
    reconcile.require_alias(ledger, chain)
    return chain.champion


def _plan(candidate: Candidate, author: Author) -> Plan:
    return Plan(
        action="promote",
        author=author,
        expected=candidate.champion_version,
        run_id=candidate.run_id,
        verdict=candidate.verdict.outcome,
        evidence=_evidence(candidate),
        reason="; ".join(candidate.verdict.reasons),
    )


def _choose(candidate: Candidate, ledger: Ledger, chain: Chain) -> Choice:
    reconcile.require_alias(ledger, chain)
    weights = candidate.checkpoint.sha256
    version = registration.register(ledger.model, candidate, ledger.tracking)
    faults.point("release.registered")
    require_serving(ledger.model, version, ledger.tracking)
    faults.point("release.checked")
    return Choice(Seat(version=version, weights_sha256=weights))


def _evidence(candidate: Candidate) -> str:
    """Write down what the gate saw and said; pressed when it is long."""
    records = {
        "verdict": candidate.verdict,
        "candidate": candidate.report,
        "champion": candidate.champion_report,
    }
    said = (f'"{k}":{r.model_dump_json() if r else "null"}' for k, r in records.items())
    text = "{" + ",".join(said) + "}"
    if len(text) <= _LONGEST_EVIDENCE:
        return text
    return "zlib:" + b64encode(zlib.compress(text.encode(), 9)).decode()
