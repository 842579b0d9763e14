"""What follows from a run's facts and is said in more than one section of the page."""

from functools import cached_property

import pandas as pd

from components.artifacts import BenchmarkReport
from components.reporting import tables
from components.reporting.comparison import Comparison, compare, pair
from components.reporting.facts import ReportFacts


class Findings:
    """Computed when first asked for, and once."""

    def __init__(self, facts: ReportFacts) -> None:
        self.facts = facts

    @cached_property
    def candidates(self) -> list[BenchmarkReport]:
        """Models that may be released."""
        return tables.releasable(self.facts.reports, self.facts.privileged)

    @cached_property
    def best(self) -> BenchmarkReport | None:
        """Of those, the one with the highest mean PSNR."""
        return tables.best_of(self.candidates)

    @cached_property
    def comparisons(self) -> dict[str, Comparison]:
        """The student against every other measured model: label -> comparison.

        First the baseline, then in the order measured; models without a row in common are left out.

        Raises:
            PairError: a per-image table names a row twice.
        """
        if self.facts.student not in self.facts.images:
            return {}
        others = [label for label in self.facts.images if label != self.facts.student]
        others.sort(key=lambda label: label != self.baseline)
        found = {label: compare(self.pairs_with(label)) for label in others}
        return {label: comparison for label, comparison in found.items() if comparison.num_rows}

    @property
    def baseline(self) -> str | None:
        """What the student is drawn against: the champion, else its twin, else the reference."""
        facts = self.facts
        wanted = (facts.champion, facts.undistilled, facts.reference)
        return next((label for label in wanted if label in facts.images), None)

    def pairs_with(self, label: str) -> pd.DataFrame:
        """Match the student's rows with another measured model's, as `comparison.pair`."""
        return pair(self.facts.images[self.facts.student], self.facts.images[label])

    def report_of(self, label: str) -> BenchmarkReport | None:
        """Look up one model's report."""
        return next((report for report in self.facts.reports if report.label == label), None)
