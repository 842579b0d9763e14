"""What the gate decided, in words, with how much and how sure."""

import pytest

from components.artifacts import Rule, Verdict
from components.report import render
from components.reporting.verdict import headline
from tests.document import Document
from tests.sample_run import FACTS, QUICK, but


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
    found = FACTS.verdict.model_copy(update={"interval_db": (0.1, 0.4), "num_pictures": 24})
    assert "interval +0.10 to +0.40, n = 24" in Document(render(but(QUICK, verdict=found))).text


def test_every_rule_is_said_once_and_a_broken_one_is_called_so():
    rules = (
        Rule(name="ssim", value=0.1, limit=0.0, passed=True, sentence="enough ssim"),
        Rule(name="pictures", value=3, limit=4, passed=False, sentence="3 pictures"),
    )
    found = Verdict(
        passed=False,
        outcome="rejected",
        gain_db=None,
        reasons=("3 pictures", "and a word"),
        rules=rules,
    )
    text = Document(render(but(QUICK, verdict=found))).text
    assert "Reasons enough ssim Broken: 3 pictures and a word Champion now" in text


@pytest.mark.parametrize(
    ("outcome", "word"), [("better", "Would be promoted"), ("rejected", "Would be refused")]
)
def test_a_dry_run_changes_nothing_and_says_what_it_would(outcome: str, word: str):
    found = Verdict(passed=False, outcome=outcome, gain_db=0.1, reasons=(), mode="dry_run")
    said = headline(but(verdict=found, release=None, champion_before="m version 3"))
    assert (said.word, said.champion, said.tone) == (word, "m version 3", "calm")
