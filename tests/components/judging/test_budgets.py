"""What a student may cost."""

import pytest

from components.config import BudgetParams
from components.judging import budgets
from tests.measured import COST


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"num_parameters": 999}, "num_parameters: 1,000, at most 999"),
        ({"giga_macs": 1.9}, "giga_macs: 2, at most 1.9"),
        ({"file_mib": 0.4}, "file_mib: 0.5, at most 0.4"),
        ({"activation_mib": 29.5}, "activation_mib: 30, at most 29.5"),
        ({"latency_ms": 90.0}, "latency_ms: 100 on cpu, at most 99"),
        ({"latency_ms": 99.0, "latency_tolerance": 0.0}, "latency_ms: 100 on cpu, at most 99"),
    ],
)
def test_what_costs_too_much_is_named(limit, sentence):
    (rule,) = budgets.check(COST, BudgetParams(**limit))
    assert (rule.passed, rule.sentence) == (False, sentence)


def test_a_budget_may_be_spent_to_the_last():
    spent = BudgetParams(
        num_parameters=1000, giga_macs=2.0, file_mib=0.5, activation_mib=30.0, latency_ms=91.0
    )
    found = list(budgets.check(COST, spent))
    assert len(found) == 5
    assert all(rule.passed for rule in found)


def test_without_limits_nothing_is_asked():
    assert list(budgets.check(COST, BudgetParams())) == []
    assert list(budgets.check_slowdown(COST, COST, BudgetParams())) == []


def test_what_was_not_measured_breaks_its_budget():
    (rule,) = budgets.check(
        COST.model_copy(update={"file_mib": None}), BudgetParams(file_mib=100.0)
    )
    assert (rule.passed, rule.sentence) == (False, "file_mib: was not measured, at most 100")


@pytest.mark.parametrize(("latency_ms", "passed"), [(50.0, False), (80.0, True), (200.0, True)])
def test_time_is_compared_with_the_champions(latency_ms, passed):
    champion = COST.model_copy(update={"latency_ms": latency_ms})
    (rule,) = budgets.check_slowdown(COST, champion, BudgetParams(max_slowdown=1.25))
    assert (rule.passed, rule.value) == (passed, 100 / latency_ms)


def test_times_of_two_machines_are_not_compared():
    champion = COST.model_copy(update={"device": "gpu", "latency_ms": 1000.0})
    (rule,) = budgets.check_slowdown(COST, champion, BudgetParams(max_slowdown=1.25))
    assert (rule.passed, rule.sentence) == (False, "slowdown: timed on cpu, the champion on gpu")
