"""Section 4 of the page: the student against one other model, picture by picture."""

import numpy as np

from components.reporting import charts
from components.reporting.charts import Chart
from components.reporting.findings import Findings


def view(findings: Findings) -> tuple[Chart, ...]:
    """Gather the section; empty where nothing finite was measured for both."""
    ours, theirs = findings.facts.student, findings.baseline
    if theirs is None or theirs not in findings.comparisons:
        return ()
    pairs, summary = findings.pairs_with(theirs), findings.comparisons[theirs]
    finite = pairs[np.isfinite(pairs["difference"])]
    drawable = finite[np.isfinite(finite["ours"])]  # two equal infinities differ by 0
    found = []
    if len(drawable):
        found.append(charts.scatter(drawable, summary, ours=ours, theirs=theirs))
    if len(finite):
        found.append(charts.differences(finite, summary, ours=ours, theirs=theirs))
    return tuple(found)
