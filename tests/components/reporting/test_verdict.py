"""What the gate decided, in words, with how much and how sure."""

import pytest

from components.artifacts import Verdict
from components.report import render
from components.reporting import verdict
from components.reporting.findings import Findings
from components.reporting.verdict import headline
from tests.document import Document
from tests.sample_run import FACTS, IMAGES, QUICK, but


@pytest.fixture(scope="module")
def page() -> Document:
    return Document(render(FACTS))


def test_the_verdict_says_gain_reasons_and_champion(page: Document):
    assert "Promoted: the student is the champion, restill-kdsr version 4" in page.text
    assert "+0.21 dB, restill-kdsr version 3" in page.text
    assert "+1.5 dB over bicubic enough" in page.text
    assert "Before this run: restill-kdsr version 3." in page.text


def test_without_a_champion_the_page_says_so():
    verdict = Verdict(passed=False, outcome="rejected", gain_db=None, reasons=())
    facts = but(QUICK, verdict=verdict, release=None, champion_before=None)
    text = Document(render(facts)).text
    assert "over the champion there was none before" in text
    assert "Champion now There is none." in text
    assert "The gate gave none." in text


@pytest.mark.parametrize(
    ("outcome", "release", "before", "word", "champion"),
    [
        ("better", FACTS.release, "m version 3", "Promoted", "restill-kdsr version 4"),
        ("first", FACTS.release, None, "Promoted", "restill-kdsr version 4"),
        ("better", None, "m version 3", "Passed, not released", "m version 3"),
        ("rejected", None, "m version 3", "Refused", "m version 3"),
        ("rejected", None, None, "Refused", None),
        ("unchanged", None, "m version 3", "Unchanged", "m version 3"),
    ],
)
def test_every_outcome_has_its_headline(
    outcome: str, release: object, before: str | None, word: str, champion: str | None
):
    passed = outcome in {"better", "first"}
    found = Verdict(passed=passed, outcome=outcome, gain_db=None, reasons=())
    said = headline(but(verdict=found, release=release, champion_before=before))
    assert (said.word, said.champion) == (word, champion)


def test_the_gain_over_the_champion_has_its_interval():
    champion = IMAGES["student"].assign(psnr_db=lambda t: t["psnr_db"] - [0.1, 0.2, 0.3, 0.4] * 2)
    facts = but(QUICK, images={**IMAGES, "champion before": champion})
    found = verdict.view(Findings(facts)).over_champion
    assert found.mean_db == pytest.approx(0.25)
    low, high = found.interval_db
    assert f"95 % +{low:.2f} to +{high:.2f}, n = 4" in Document(render(facts)).text
    assert 0.1 <= low < 0.25 < high <= 0.4
