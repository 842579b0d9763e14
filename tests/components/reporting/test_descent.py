"""The page's graph of what came of the data."""

from components.report import render
from components.reporting.descent import view
from components.reporting.findings import Findings
from components.reporting.graph import Node
from tests.document import Document
from tests.sample_run import QUICK, but

NODES = (
    Node("data", "data", "d8e8.dir", note=""),
    Node("t", "teacher", "77ab", note="1 k params", after=("data",)),
    Node("s", "student", "12cd", note="1 k params", after=("t",)),
    Node("tiny/2", "tiny", "version 2", note="alias champion", after=("s",), tone="good"),
)


def test_the_graph_stands_in_the_page_and_tells_who_cannot_see_it_the_same():
    page = Document(render(but(QUICK, descent=NODES)))
    told = [chart["aria-label"] for chart in page.all("svg")]
    assert "Made of one another: data; teacher of data; student of t; tiny of s" in told
    assert "restill lineage data:d8e8.dir lists every network." in page.text


def test_a_page_that_did_not_ask_the_registry_says_so():
    assert view(Findings(QUICK)) is None
    assert "Not known: the registry was not asked." in Document(render(QUICK)).text
