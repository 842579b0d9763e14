"""What a student may cost."""

from collections.abc import Iterator

from components.artifacts import Cost, Rule
from components.config import BudgetParams

_COUNTED = ("num_parameters", "giga_macs", "file_mib", "activation_mib")
"""What is the same on every machine and in every run; names in `Cost` and in the parameters."""


def check(cost: Cost, budget: BudgetParams) -> Iterator[Rule]:
    """Compare a student's cost with what it may cost at most; nothing is asked where no limit stands."""
    for name in _COUNTED:
        limit = getattr(budget, name)
        if limit is not None:
            yield _at_most(name, getattr(cost, name), limit)
    if budget.latency_ms is not None:
        limit = budget.latency_ms * (1 + budget.latency_tolerance)
        yield _at_most("latency_ms", cost.latency_ms, limit, on=f" on {cost.device}")


def check_slowdown(cost: Cost, champion: Cost, budget: BudgetParams) -> Iterator[Rule]:
    """Compare a student's time with the champion's, both measured on one device."""
    if budget.max_slowdown is None:
        return
    if cost.device != champion.device:
        sentence = f"slowdown: timed on {cost.device}, the champion on {champion.device}"
        yield Rule(
            name="slowdown",
            value=None,
            limit=budget.max_slowdown,
            passed=False,
            sentence=sentence,
        )
        return
    yield _at_most(
        "slowdown",
        cost.latency_ms / champion.latency_ms,
        budget.max_slowdown,
        on=" times the champion's time",
    )


def _at_most(name: str, value: float | None, limit: float, *, on: str = "") -> Rule:
    found = "was not measured" if value is None else f"{value:,.6g}"
    return Rule(
        name=name,
        value=value,
        limit=limit,
        passed=value is not None and value <= limit,
        sentence=f"{name}: {found}{on}, at most {limit:,.6g}",
    )
