"""The page of a drift: whole, escaped, alone; its plots by hand."""

from html.parser import HTMLParser

import numpy as np
import pytest

from components.errors import StoreError
from components.inspection import drift_page
from components.inspection.descriptors import COLUMNS
from components.inspection.drift import Drift, shift_of

VOID = {"meta", "link", "img", "br", "path"}


class Balance(HTMLParser):
    """Collects tags that are opened, and fails on one closed out of turn."""

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag in VOID or self.open.pop() == tag


@pytest.fixture
def drift():
    rng = np.random.default_rng(0)
    shifts = [shift_of(name, rng.random(40), rng.random(30) + 2) for name in COLUMNS[:-1]]
    return Drift(
        names=("<v1>", "data/"),
        counts=(40, 30),
        added=("a & b.png",),
        removed=(),
        changed=("c.png",),
        moved=("d.png -> e.png",),
        unreadable=("<f>.png",),
        shifts=(*shifts, shift_of("jpeg_quality", np.empty(0), rng.random(3))),
    )


def test_the_page_is_whole_and_needs_nothing_beside_itself(drift):
    parser = Balance()
    parser.feed(drift_page.render(drift))
    assert parser.open == []
    assert parser.links == ["data:,"]


def test_names_are_escaped(drift):
    page = drift_page.render(drift)
    for text in ("&lt;v1&gt;", "a &amp; b.png", "&lt;f&gt;.png", "d.png -&gt; e.png"):
        assert text in page
    assert "<v1>" not in page


def test_every_descriptor_is_drawn_or_said_to_be_missing(drift):
    page = drift_page.render(drift)
    assert page.count('role="img"') == len(COLUMNS) - 1
    assert page.count(">drifted<") == len(COLUMNS) - 1
    assert "jpeg quality: 0 and 3 pictures have one" in page


def test_the_taller_histogram_reaches_the_top():
    shift = shift_of("noise", np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0]))
    before, after = drift_page.plot_of(shift).paths
    assert before.startswith("M0,100V0.0H10.0V100.0H20.0")
    assert after.startswith("M0,100V33.3H10.0V100.0")
    assert before.endswith("V66.7H300.0V100")


def test_the_file_is_written_whole(drift, tmp_path):
    drift_page.write(tmp_path / "page.html", drift)
    assert (tmp_path / "page.html").read_text() == drift_page.render(drift)


def test_a_folder_that_is_missing_is_refused(drift, tmp_path):
    with pytest.raises(StoreError, match=r"page\.html: cannot be written"):
        drift_page.write(tmp_path / "none/page.html", drift)
