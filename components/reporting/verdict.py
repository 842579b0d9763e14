"""Section 1 of the page: what the gate decided, and by how much."""

from dataclasses import dataclass

from components.reporting.comparison import Comparison
from components.reporting.facts import ReportFacts
from components.reporting.findings import Findings


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict in words; `tone` is good, bad or calm."""

    word: str
    sentence: str
    champion: str | None
    tone: str


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What the section shows.

    Attributes:
        headline: The verdict in words.
        over_reference_db: Mean gain over the reference; None where one of both was not measured.
        distilled: Paired with the same network trained without distillation; None where that was
            not measured.
        reasons: What the gate said besides its rules.
    """

    headline: Headline
    over_reference_db: float | None
    distilled: Comparison | None
    reasons: tuple[str, ...]


def view(findings: Findings) -> VerdictView:
    """Gather the section."""
    facts = findings.facts
    ours, theirs = findings.report_of(facts.student), findings.report_of(facts.reference)
    told = {rule.sentence for rule in facts.verdict.rules}
    return VerdictView(
        headline=headline(facts),
        over_reference_db=ours.mean["psnr_db"] - theirs.mean["psnr_db"]
        if ours and theirs
        else None,
        distilled=findings.comparisons.get(facts.undistilled),
        reasons=tuple(r for r in facts.verdict.reasons if r not in told),
    )


def headline(facts: ReportFacts) -> Headline:
    """Say what the gate decided and what is in service now."""
    verdict, release = facts.verdict, facts.release
    before = facts.champion_before
    now = f"{release.name} version {release.version}" if release else before
    if verdict.outcome == "unchanged":
        return Headline("Unchanged", "the student is already in service", now, "calm")
    if verdict.mode == "dry_run":
        word = "Would be refused" if verdict.outcome == "rejected" else "Would be promoted"
        return Headline(word, "the gate runs dry, so nothing changes", before, "calm")
    if not verdict.passed:
        return Headline("Refused", "the student does not go into service", before, "bad")
    if release is None:
        return Headline("Passed, not released", "the registry holds no version of it", now, "calm")
    return Headline("Promoted", f"the student is the champion, {now}", now, "good")
