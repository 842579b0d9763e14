"""Station 5, gate: may this student become the champion? Pure arithmetic on reports."""

import math
from collections.abc import Sequence

from components.artifacts import BenchmarkReport, Verdict
from components.config import GateParams

PRIMARY = "psnr_db"


def judge(
    candidate: BenchmarkReport,
    champion: BenchmarkReport | None,
    references: Sequence[BenchmarkReport],
    params: GateParams,
) -> Verdict:
    """Compare reports of the same benchmark; whatever cannot be compared is rejected.

    Args:
        candidate: The new student's report.
        champion: The report of the model in service; None when the registry has none. Failing to ask
            the registry is not None: it is an error, and stops the flow before this.
        references: Reports of models without training, at least one.
        params: The margins.

    Returns:
        `first` or `better` when passed; else `unchanged` (it is the champion already) or `rejected`.
    """
    if champion is not None and champion.weights_sha256 == candidate.weights_sha256:
        return Verdict(
            passed=False,
            outcome="unchanged",
            gain_db=0.0,
            reasons=("these weights are the champion already",),
        )
    faults = _faults(candidate, [r for r in (champion, *references) if r is not None])
    if not references:
        faults.append("there is no reference, so the margin over it cannot be checked")
    if faults:
        return Verdict(passed=False, outcome="rejected", gain_db=None, reasons=tuple(faults))
    best = max(references, key=lambda r: r.mean[PRIMARY])
    gain = candidate.mean[PRIMARY] - best.mean[PRIMARY]
    passed = gain >= params.min_gain_over_reference_db
    reasons = [_reason(best.label, gain, params.min_gain_over_reference_db)]
    if champion is None:
        reasons.append("there is no champion yet")
        outcome = "first" if passed else "rejected"
        return Verdict(passed=passed, outcome=outcome, gain_db=None, reasons=tuple(reasons))
    gain = candidate.mean[PRIMARY] - champion.mean[PRIMARY]
    passed = passed and gain >= params.min_gain_db
    reasons.append(_reason("the champion", gain, params.min_gain_db))
    outcome = "better" if passed else "rejected"
    return Verdict(passed=passed, outcome=outcome, gain_db=gain, reasons=tuple(reasons))


def _faults(candidate: BenchmarkReport, others: Sequence[BenchmarkReport]) -> list[str]:
    """Say why the reports cannot be compared; empty when they can."""
    faults = []
    for report in (candidate, *others):
        if report.benchmark_digest != candidate.benchmark_digest:
            faults.append(
                f"{report.label} was measured on benchmark {report.benchmark_digest[:12]}, "
                f"{candidate.label} on {candidate.benchmark_digest[:12]}"
            )
        elif report.num_images != candidate.num_images:
            faults.append(
                f"{report.label} has {report.num_images} rows, "
                f"{candidate.label} {candidate.num_images}"
            )
        value = report.mean.get(PRIMARY, math.nan)
        if not math.isfinite(value):
            faults.append(f"{report.label} has a mean {PRIMARY} of {value}")
    return faults


def _reason(other: str, gain_db: float, needed_db: float) -> str:
    return f"{gain_db:+.3f} dB over {other}, needs {needed_db:+.3f}"
