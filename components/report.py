"""The report page of a run: one HTML file that needs nothing beside itself.

A section of the page is an entry in `SECTIONS`: a module of `components/reporting/` whose `view` gathers what
the section shows, and the template of the section's name, `components/reporting/<name>.html.j2`.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.errors import StoreError
from components.reporting import (
    descent,
    explorer,
    formats,
    leaderboard,
    lineage,
    pairs,
    slices,
    training,
    verdict,
    versions,
)
from components.reporting.facts import ReportFacts
from components.reporting.findings import Findings
from components.store import write_atomically

TEMPLATE = "report.html.j2"
STYLES = ("report.css", "reporting/charts.css", "reporting/graph.css", "reporting/explorer.css")
SCRIPTS = ("report.js", "reporting/explorer.js")

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        name: Its anchor, and its template's name.
        title: What the page's menu calls it.
        view: Gathers what its template shows under the name `view`.
    """

    name: str
    title: str
    view: Callable[[Findings], Any]


SECTIONS = (
    Section("verdict", "Verdict", verdict.view),
    Section("leaderboard", "Models", leaderboard.view),
    Section("slices", "Degradations", slices.view),
    Section("pairs", "Pairs", pairs.view),
    Section("pictures", "Pictures", explorer.view),
    Section("training", "Training", training.view),
    Section("lineage", "Lineage", lineage.view),
    Section("descent", "Descent", descent.view),
    Section("versions", "Versions", versions.view),
    Section("credits", "Credits", lambda findings: findings.facts.credits),
)


def write(file: Path, facts: ReportFacts) -> None:
    """Write the page, whole or not at all.

    Raises:
        StoreError: the file cannot be written.
        PairError: as `render`.
    """
    page = render(facts).encode()
    try:
        write_atomically(file, page)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror}") from error


def render(facts: ReportFacts) -> str:
    """Lay out the page.

    Returns:
        A whole HTML document; all text escaped, pictures and charts inside it, and one script, which
        alone its content security policy lets run. Without the script every text, table, chart and
        picture is there.

    Raises:
        PairError: pictures of one row differ in size, or a per-image table names a row twice.
    """
    findings, script = Findings(facts), _joined(SCRIPTS)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            facts=facts,
            findings=findings,
            sections=[(section, section.view(findings)) for section in SECTIONS],
            headline=verdict.headline(facts),
            style=_joined(STYLES),
            script=script,
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": formats.number,
        "signed": formats.signed,
        "significant": formats.significant,
        "count": formats.count,
        "duration": formats.duration,
        "plain": formats.plain,
    }
    return environment


def _joined(files: tuple[str, ...]) -> str:
    return "\n".join((_HERE / file).read_text().strip() for file in files)
