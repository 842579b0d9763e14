"""Section of the page: what came of the run's data version, and which of it is in service."""

from components.reporting import graph
from components.reporting.findings import Findings


def view(findings: Findings) -> str | None:
    """Draw the section's graph; None where nobody asked the registry."""
    nodes = findings.facts.descent
    return graph.draw(nodes) if nodes else None
