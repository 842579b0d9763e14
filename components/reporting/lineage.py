"""Section 7 of the page: from which data, by which work, to which release."""

from collections.abc import Iterator

from components.reporting import formats, graph
from components.reporting.facts import ReportFacts, Step
from components.reporting.findings import Findings
from components.reporting.graph import Node
from components.reporting.verdict import headline

DATASET, BENCHMARK = "dataset", "benchmark"


def view(findings: Findings) -> str:
    """Draw the section's graph."""
    return graph.draw(list(nodes(findings.facts)))


def nodes(facts: ReportFacts) -> Iterator[Node]:
    """List what the run made, in the data's way."""
    yield _data(facts)
    trained = [s for s in facts.steps if s.kind not in {DATASET, BENCHMARK}]
    for step in trained:
        taught = step.station == facts.student and step is not trained[0]
        parent = trained[0].station if taught else "data"
        yield Node(
            step.station,
            step.station,
            step.key,
            note=_work(step),
            after=(parent,),
            tone="reused" if step.reused else "made",
        )
    yield _benchmark(facts, [s.station for s in trained if not _teaches(s, trained, facts)])
    yield from _ending(facts)


def _teaches(step: Step, trained: list[Step], facts: ReportFacts) -> bool:
    """Whether the student is made of it, which then stands for both."""
    return step is trained[0] and any(s.station == facts.student for s in trained[1:])


def _data(facts: ReportFacts) -> Node:
    reused = all(step.reused for step in facts.steps if step.kind == DATASET)
    total = sum(facts.data.counts.values())
    return Node(
        "data",
        "data",
        facts.data.digest,
        note=f"{total} picture{'s' * (total != 1)}",
        tone="reused" if reused else "made",
    )


def _benchmark(facts: ReportFacts, models: list[str]) -> Node:
    again = [step.reused for step in facts.steps if step.kind == BENCHMARK]
    digests = dict.fromkeys(report.benchmark_digest for report in facts.reports)
    made_of = f"{len(facts.reports)} models" if len(facts.reports) != 1 else "1 model"
    return Node(
        "benchmark",
        "benchmark",
        " ".join(digests) or formats.ABSENT,
        note=f"{made_of}, {sum(again)} reused" if again else made_of,
        after=tuple(models) or ("data",),
        tone="reused" if again and all(again) else "made",
    )


def _ending(facts: ReportFacts) -> Iterator[Node]:
    said = headline(facts)
    gain = facts.verdict.gain_db
    told = f"{formats.signed(gain)} dB over champion" if gain is not None else "no champion before"
    if gain is None and facts.champion_before:
        told = "not compared"
    yield Node("gate", "gate", facts.verdict.outcome, told, after=("benchmark",), tone=said.tone)
    release = facts.release
    held = f"{release.name} v{release.version}" if release else said.champion or "no champion"
    note = f"alias {release.alias}" if release else "as before this run"
    yield Node("registry", "registry", held, note, after=("gate",), tone=said.tone)


def _work(step: Step) -> str:
    if step.reused:
        return "reused"
    return f"made in {formats.duration(step.seconds)}" if step.seconds is not None else "made"
