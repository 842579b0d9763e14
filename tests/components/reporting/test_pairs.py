"""The paired charts: against whom, and what cannot be drawn."""

import math

from components.report import render
from components.reporting import pairs
from components.reporting.findings import Findings
from tests.document import Document
from tests.sample_run import IMAGES, QUICK, but


def alts(images) -> list[str]:
    return [chart.alt for chart in pairs.view(Findings(but(QUICK, images=images)))]


def without(*labels: str):
    return {label: table for label, table in IMAGES.items() if label not in labels}


def test_the_student_is_drawn_against_the_champion_where_there_is_one():
    champion = IMAGES["student"].assign(psnr_db=lambda t: t["psnr_db"] - 1)
    scatter, differences = alts({**IMAGES, "champion before": champion})
    assert scatter == "Scatter of PSNR, student against champion before: 8 of 8 above the diagonal"
    assert differences == "Sorted differences from 1.00 to 1.00 dB, mean 1.000 dB"


def test_else_against_its_undistilled_twin_else_against_the_reference():
    assert "student against student alone" in alts(IMAGES)[0]
    assert "student against bicubic" in alts(without("student alone"))[0]
    text = Document(render(but(QUICK, images=without("student alone")))).text
    assert "The student against the bicubic." in text
    assert "from distillation" not in text


def test_the_caption_gives_the_mean_difference_and_its_interval():
    (scatter, _) = pairs.view(Findings(but(QUICK, images=IMAGES)))
    mean = (IMAGES["student"]["psnr_db"] - IMAGES["student alone"]["psnr_db"]).mean()
    assert f"mean difference, +{mean:.3f} dB, 95\N{NO-BREAK SPACE}% interval +" in scatter.caption


def test_alone_there_is_nothing_to_draw():
    assert alts({"student": IMAGES["student"]}) == []
    assert alts({}) == []


def test_pictures_that_both_restored_exactly_are_not_drawn():
    exact = {label: table.copy() for label, table in IMAGES.items()}
    for table in exact.values():
        table.loc[table["image"] == "2.png", "psnr_db"] = math.inf
    found = alts(exact)
    assert "Scatter of PSNR, student against student alone: 6 of 6 above the diagonal" in found


def test_an_exact_restoration_is_infinite_and_breaks_nothing():
    perfect = IMAGES["student"].copy()
    perfect.loc[perfect["image"] == "2.png", "psnr_db"] = math.inf
    facts = but(QUICK, images={**IMAGES, "student": perfect})
    text = Document(render(facts)).text
    assert "student alone2 without a finite difference, not in the mean" in text
