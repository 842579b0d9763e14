"""The gate's rules on quality: gains, floors, and what no slice and no other metric may lose."""

import pandas as pd

from components.artifacts import Rule
from components.judging import intervals
from components.judging.evidence import PRIMARY, Measured
from components.judging.intervals import Interval


def over_reference(candidate: Measured, reference: Measured, least_db: float) -> Rule:
    """Ask for a mean gain of at least so much; at one model without training, no more is needed."""
    gain = float(candidate.over(reference).mean())
    return Rule(
        name="gain over the reference",
        value=gain,
        limit=least_db,
        passed=gain >= least_db,
        sentence=f"{gain:+.3f} dB over {reference.report.label}, needs {least_db:+.3f}",
    )


def higher_mean(candidate: Measured, champion: Measured) -> Rule:
    """Ask for any gain of the mean at all."""
    gain = float(candidate.over(champion).mean())
    return Rule(
        name="gain over the champion",
        value=gain,
        limit=0.0,
        passed=gain > 0,
        sentence=f"{gain:+.3f} dB over the champion, needs more than 0",
    )


def surely_over(differences: pd.Series, interval: Interval | None, least_db: float) -> Rule:
    """Ask that the gain's interval lie above a margin.

    Args:
        differences: Candidate less champion, dB, a row each.
        interval: Of their mean; None where there is none, which fails.
        least_db: What its lower end must exceed.
    """
    gain, low = float(differences.mean()), None if interval is None else interval[0]
    return Rule(
        name="gain over the champion",
        value=low,
        limit=least_db,
        passed=low is not None and low > least_db,
        sentence=f"{gain:+.3f} dB over the champion ({_told(interval)}), "
        f"the lower end needs more than {least_db:+.3f}",
    )


def enough_pictures(differences: pd.Series, fewest: int) -> Rule:
    """Ask for so many pictures that an interval of their mean means something."""
    count = num_pictures(differences)
    return Rule(
        name="pictures",
        value=count,
        limit=fewest,
        passed=count >= fewest,
        sentence=f"{count} pictures, replacing a champion needs {fewest}",
    )


def num_pictures(differences: pd.Series) -> int:
    """Count the pictures behind rows."""
    return int(differences.index.get_level_values("image").nunique())


def no_slice_loses(candidate: Measured, other: Measured, *, allowed_db: float, name: str) -> Rule:
    """Ask that in no slice the mean lie further below the other's than allowed.

    A slice has few pictures, so this is a tripwire and no test; `allowed_db` must leave room for chance.

    Args:
        candidate: The new student.
        other: What it is compared with.
        allowed_db: The largest loss, dB, from 0.
        name: What the other is called.
    """
    means = candidate.over(other).groupby(level="slice", sort=False).mean().sort_values()
    worst = float(means.iloc[0])
    broken = means[means < -allowed_db]
    shown = broken if len(broken) else means.iloc[:1]
    listed = ", ".join(f"{label} {value:+.3f} dB" for label, value in shown.items())
    return Rule(
        name=f"slices against {name}",
        value=worst,
        limit=-allowed_db,
        passed=not len(broken),
        sentence=f"against {name}, {'too low' if len(broken) else 'lowest'} in {listed}; "
        f"a slice may lose {allowed_db:.3f}",
    )


def nothing_else_lost(
    candidate: Measured, champion: Measured, *, share: float, confidence: float
) -> list[Rule]:
    """Ask that no other metric be lower than the champion's by more than a share of the latter's mean.

    Non-inferiority at the interval's lower end, over all metrics together by Holm's steps: with m of
    them undecided, each interval leaves 1/m of the doubt; those that hold leave the rest more.

    Args:
        candidate: The new student.
        champion: The model in service.
        share: Of the champion's mean, from 0.
        confidence: Of the intervals, were there one metric.

    Source:
        S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6 (1979).
    """
    undecided = [metric for metric in candidate.report.mean if metric != PRIMARY]
    decided: dict[str, Rule] = {}
    while undecided:
        level = 1 - (1 - confidence) / len(undecided)
        found = {m: _not_lost(candidate, champion, m, share=share, level=level) for m in undecided}
        held = {metric: rule for metric, rule in found.items() if rule.passed}
        decided |= held or found
        undecided = [metric for metric in undecided if metric not in decided]
    return [decided[metric] for metric in candidate.report.mean if metric in decided]


def _not_lost(
    candidate: Measured, champion: Measured, metric: str, *, share: float, level: float
) -> Rule:
    """Ask it of one metric, at one level."""
    differences = candidate.over(champion, metric)
    interval = intervals.of_mean(differences, level)
    allowed = share * abs(float(champion.values[metric].mean()))
    low = None if interval is None else interval[0]
    return Rule(
        name=metric,
        value=low,
        limit=-allowed,
        passed=low is not None and low >= -allowed,
        sentence=f"gain of {metric} {differences.mean():+.4f} ({_told(interval, digits=4)}), "
        f"the lower end may be {-allowed:+.4f}",
    )


def floors(candidate: Measured, least: dict[str, float]) -> list[Rule]:
    """Ask that means reach absolute values; of a metric of which less is better, that they stay below."""
    return [_floor(candidate, metric, limit) for metric, limit in least.items()]


def _floor(candidate: Measured, metric: str, limit: float) -> Rule:
    if metric not in candidate.report.mean:
        measured = ", ".join(candidate.report.mean)
        sentence = f"floor of {metric}: was not measured (there are: {measured})"
        return Rule(
            name=f"floor of {metric}", value=None, limit=limit, passed=False, sentence=sentence
        )
    value, lower = float(candidate.values[metric].mean()), metric in candidate.lower_is_better
    return Rule(
        name=f"floor of {metric}",
        value=value,
        limit=limit,
        passed=value <= limit if lower else value >= limit,
        sentence=f"mean {metric} of {value:.4f}, {'at most' if lower else 'at least'} {limit:.4f}",
    )


def _told(interval: Interval | None, *, digits: int = 3) -> str:
    if interval is None:
        return "no interval can be had"
    return f"interval {interval[0]:+.{digits}f} to {interval[1]:+.{digits}f}"
