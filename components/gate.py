"""Station 5, gate: may this student become the champion? Pure arithmetic on reports and their rows."""

from collections.abc import Iterator, Sequence

from components.artifacts import Rule, Verdict
from components.config import GateParams
from components.judging import budgets, evidence, intervals, rules
from components.judging.evidence import PRIMARY, Measured

__all__ = ["Measured", "judge", "rejected"]


def judge(
    candidate: Measured,
    champion: Measured | None,
    references: Sequence[Measured],
    params: GateParams,
) -> Verdict:
    """Compare measurements of the same benchmark; whatever cannot be compared is rejected.

    A first model is asked for values alone: over the best reference, floors, budgets. One that would
    replace a champion must also be surely better, lose nowhere much, and be measured on enough
    pictures.

    Args:
        candidate: The new student.
        champion: The model in service; None when the registry has none. Failing to ask the registry
            is not None: it is `rejected`.
        references: Models without training, at least one.
        params: Margins, floors, budgets and the mode. No mode lets through what cannot be compared,
            or a tie.

    Returns:
        `first` or `better` when every rule holds, which passes unless the mode is `dry_run`; else
        `unchanged` (it is the champion already) or `rejected`.
    """
    if champion is not None and champion.report.weights_sha256 == candidate.report.weights_sha256:
        return Verdict(
            passed=False,
            outcome="unchanged",
            gain_db=0.0,
            reasons=("these weights are the champion already",),
            mode=params.mode,
        )
    faults = evidence.faults(candidate, [m for m in (champion, *references) if m is not None])
    if not references:
        faults.append("there is no reference, so the margin over it cannot be checked")
    if faults:
        return rejected(faults, params)
    if champion is None:
        return _decide(list(_asked_of_all(candidate, references, params)), params)
    return _compare(candidate, champion, references, params)


def rejected(reasons: Sequence[str], params: GateParams) -> Verdict:
    """Reject without comparing: something that the judgement needs is not there.

    Args:
        reasons: At least one, such as what the registry said in place of the champion.
        params: Whose mode the verdict names.
    """
    return Verdict(
        passed=False, outcome="rejected", gain_db=None, reasons=tuple(reasons), mode=params.mode
    )


def _compare(
    candidate: Measured, champion: Measured, references: Sequence[Measured], params: GateParams
) -> Verdict:
    """Judge a student that would replace a champion."""
    differences = candidate.over(champion)
    interval = intervals.of_mean(differences, params.confidence)
    if params.mode == "off":
        found = [rules.higher_mean(candidate, champion)]
    else:
        found = [
            *_asked_of_all(candidate, references, params),
            rules.enough_pictures(differences, params.min_pictures),
            rules.surely_over(differences, interval, params.min_gain_db),
            *_asked_of_successors(candidate, champion, params),
        ]
    verdict = _decide(found, params, outcome="better")
    compared = {
        "gain_db": float(differences.mean()),
        "interval_db": interval,
        "num_pictures": rules.num_pictures(differences),
    }
    return verdict.model_copy(update=compared)


def _asked_of_all(
    candidate: Measured, references: Sequence[Measured], params: GateParams
) -> Iterator[Rule]:
    """Apply the rules that need no champion."""
    if params.mode == "off":
        return
    best = max(references, key=_mean)
    yield rules.over_reference(candidate, best, params.min_gain_over_reference_db)
    yield rules.no_slice_loses(
        candidate,
        best,
        allowed_db=params.max_slice_loss_to_reference_db,
        name=best.report.label,
    )
    yield from rules.floors(candidate, params.floors)
    yield from budgets.check(candidate.report.cost, params.budget)


def _asked_of_successors(
    candidate: Measured, champion: Measured, params: GateParams
) -> Iterator[Rule]:
    """Apply the rules on what must not be lost."""
    yield from rules.nothing_else_lost(
        candidate, champion, share=params.max_loss_share, confidence=params.confidence
    )
    yield rules.no_slice_loses(
        candidate, champion, allowed_db=params.max_slice_loss_db, name="the champion"
    )
    costs = candidate.report.cost, champion.report.cost
    yield from budgets.check_slowdown(*costs, params.budget)


def _decide(found: list[Rule], params: GateParams, *, outcome: str = "first") -> Verdict:
    """Draw the conclusion of all rules; broken ones are the reasons, else all are."""
    broken = [rule for rule in found if not rule.passed]
    reasons = [rule.sentence for rule in broken or found]
    if outcome == "first" and not broken:
        reasons.append("there is no champion yet")
    if params.mode != "enforce":
        reasons.append(_MODES[params.mode])
    return Verdict(
        passed=not broken and params.mode != "dry_run",
        outcome="rejected" if broken else outcome,
        gain_db=None,
        reasons=tuple(reasons),
        mode=params.mode,
        rules=tuple(found),
    )


_MODES = {
    "off": "the gate is off, its rules were not applied",
    "dry_run": "the gate runs dry, nobody is promoted",
}


def _mean(measured: Measured) -> float:
    return float(measured.values[PRIMARY].mean())
