"""How the networks were trained, and what is said where nothing was kept."""

import pandas as pd

from components.report import render
from components.reporting import training
from components.reporting.findings import Findings
from tests.document import Document
from tests.sample_run import QUICK, but, curve


def test_the_curve_that_a_reused_record_did_not_keep_is_named():
    curves = {"teacher": pd.DataFrame(), "student": curve(27.0)}
    text = Document(render(but(QUICK, curves=curves))).text
    assert "Without a curve, from a record that kept none: teacher." in text


def test_only_curves_with_points_are_drawn():
    facts = but(QUICK, curves={"teacher": pd.DataFrame(), "student": curve(27.0)})
    found = training.view(Findings(facts))
    assert found.without == ("teacher",)
    assert len(found.charts) == 3  # validation, learning rate, the student's loss
    assert "teacher" not in "".join(chart.svg for chart in found.charts)
