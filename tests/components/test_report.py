"""The page of a run as a whole: its order, what it is made of, what it does without, and in a browser."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image

from components import report
from components.errors import PairError, StoreError
from components.report import SECTIONS, render, write
from components.reporting.facts import PictureRow, Step
from components.sources import Credit
from tests.browser import tab
from tests.document import Document
from tests.sample_run import FACTS, IMAGES, QUICK, but, curve, picture


@pytest.fixture(scope="module")
def page() -> Document:
    return Document(render(FACTS))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("page") / "report.html"
    write(written, FACTS)
    return written


def test_the_page_is_one_document_of_one_encoding():
    text = render(QUICK)
    assert text.startswith("<!DOCTYPE html>")
    assert '<html lang="en">' in text
    assert '<meta charset="utf-8">' in text


def test_the_verdict_comes_first_and_the_credits_last(page: Document):
    names = [section["id"] for section in page.all("section")]
    assert names == [section.name for section in SECTIONS]
    assert (names[:2], names[-1]) == (["verdict", "leaderboard"], "credits")


def test_the_menu_leads_to_every_section(page: Document):
    links = [link["href"] for link in page.all("a") if link["href"].startswith("#")]
    assert links == ["#verdict", *(f"#{section.name}" for section in SECTIONS)]


def test_nothing_is_loaded_from_outside(page: Document):
    loads = [
        value for _, a in page.elements for name, value in a.items() if name in {"src", "href"}
    ]
    assert len(loads) > 10
    outside = {link for link in loads if not link.startswith(("data:", "#"))}
    assert outside == {FACTS.paper.url}
    style = render(QUICK).partition("<style>")[2].partition("</style>")[0]
    assert "@import" not in style
    assert all(found.startswith('url("data:') for found in re.findall(r'url\("?.{5}', style))


def test_the_only_script_is_the_one_that_the_policy_names():
    text = render(QUICK)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_every_picture_has_a_text_and_every_table_heading_a_scope(page: Document):
    assert all(image["alt"] for image in page.all("img"))
    assert all(chart["aria-label"] for chart in page.all("svg"))
    assert {heading["scope"] for heading in page.all("th")} == {"row", "col"}
    assert len(page.all("h1")) == 1


def test_every_wide_thing_scrolls_in_a_box_that_the_keyboard_reaches(page: Document):
    boxes = [a for _, a in page.elements if a.get("class") == "scroll"]
    assert len(boxes) == len(page.all("table")) + len(FACTS.pictures) + len(page.all("pre"))
    assert all(box["tabindex"] == "0" for box in boxes)


def test_ids_are_unique(page: Document):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_text_is_never_markup():
    evil = "<script>alert('x')</script>"
    table = IMAGES["student"].replace({"image": {"2.png": evil}, "slice": {"noise": evil}})
    facts = but(
        name=evil,
        params=evil,
        notes=(evil,),
        images={**IMAGES, "student": table, "bicubic": table, evil: table},
        curves={evil: curve(20.0)},
        pictures=(PictureRow(evil, evil, FACTS.pictures[0].views),),
        steps=(Step(evil, evil, reused=False, seconds=None),),
        credits=(Credit(evil, evil, evil),),
    )
    text = render(facts)
    assert text.count("<script") == 1
    assert Document(text).text.count(evil) >= 8


MISSING = {
    "reports": ((), "Nothing was measured."),
    "images": ({}, "no student trained without distillation was measured"),
    "curves": ({}, "No training curve is kept for this run."),
    "pictures": ((), "No picture was chosen for showing."),
    "credits": ((), "None recorded."),
    "notes": ((), "Before this run: restill-kdsr version 3."),
    "steps": ((), "Parameters"),
    "release": (None, "release none"),
}


@pytest.mark.parametrize("name", MISSING)
def test_each_piece_may_be_missing(name: str):
    nothing, said = MISSING[name]
    facts = FACTS if name in {"images", "curves"} else QUICK
    assert said in Document(render(but(facts, **{name: nothing}))).text


def test_all_pieces_may_be_missing_at_once():
    text = Document(render(but(**{name: nothing for name, (nothing, _) in MISSING.items()}))).text
    assert text.count("No ") >= 3


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_model_without_one_finite_picture_is_still_reported(value: float):
    images = {label: table.assign(psnr_db=value) for label, table in IMAGES.items()}
    text = Document(render(but(images=images))).text
    assert ("student \N{INFINITY} dB" if value == float("inf") else "student undefined dB") in text


def test_pictures_of_different_sizes_are_refused():
    views = {"truth": picture(0), "student": picture(1)[:40]}
    with pytest.raises(PairError, match=r"'student' is \(40, 60, 3\)"):
        render(but(QUICK, pictures=(PictureRow("2.png", "noise", views),)))


def test_the_same_facts_give_the_same_page():
    assert render(FACTS) == render(FACTS)


def test_the_page_is_written_whole_beside_nothing(tmp_path: Path):
    write(tmp_path / "report.html", QUICK)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render(QUICK)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(StoreError, match=r"missing/report\.html: cannot be written"):
        write(tmp_path / "missing" / "report.html", QUICK)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ink", 7),
        ("quiet", 4.5),
        ("link", 4.5),
        ("good", 4.5),
        ("bad", 4.5),
        ("gain", 3),
        ("loss", 3),
    ],
)
def test_colours_have_the_contrast_of_wcag_aa(mode: int, name: str, least: float):
    css = Path(report.__file__).with_name("report.css").read_text()
    pairs = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\);", css)
    colours = {key: both[mode] for key, *both in pairs}
    assert contrast(colours[name], colours["paper"]) >= least


DESKTOP = {"width": 1200, "height": 800}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
ORDER = "[...document.querySelectorAll('table.sortable tbody th')].map(h => h.dataset.value)"


def test_a_browser_shows_the_page_without_complaint_and_asks_for_nothing_else(browser, file: Path):
    with tab(browser, **DESKTOP) as page:
        page.open(file)
        page.until("document.querySelector('.stage').dataset.drawn")
        assert page.complaints() == []
        assert page.requests() == [file.as_uri()]


def test_what_another_adds_to_the_page_does_not_run(browser, file: Path, tmp_path: Path):
    added = "<script>document.title = 'taken'</script><img src='https://example.org/x.png'></body>"
    (tmp_path / "changed.html").write_text(file.read_text().replace("</body>", added))
    with tab(browser, **DESKTOP) as page:
        page.open(tmp_path / "changed.html")
        assert page.evaluate("document.title") == "Promoted: first light"
        refused = [event["params"]["entry"]["text"] for event in page.complaints()]
        assert len(refused) == 2
        assert all("Content Security Policy" in text for text in refused)


@pytest.mark.parametrize("width", [320, 360, 400])
def test_a_phone_never_scrolls_sideways(browser, file: Path, width: int):
    with tab(browser, width=width, height=700, touch=True) as page:
        page.open(file)
        page.until("document.querySelector('.stage').dataset.drawn")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("innerWidth") == width


def test_colours_follow_the_system_and_the_switch_overrules_it(browser, file: Path):
    light, dark = "rgb(255, 255, 255)", "rgb(18, 21, 24)"
    with tab(browser, **DESKTOP) as page:
        page.media(scheme="light")
        page.open(file)
        assert page.evaluate(BACKGROUND) == light
        page.media(scheme="dark")
        assert page.evaluate(BACKGROUND) == dark
        page.until("document.querySelector('#mode').ariaPressed === 'true'")
        page.click("#mode")
        assert page.evaluate(BACKGROUND) == light
        stroke = "getComputedStyle(document.querySelector('.plot .s0')).color"
        assert page.evaluate(stroke) == "rgb(0, 114, 178)"


def test_the_dark_page_is_dark_to_the_eye(browser, file: Path, tmp_path: Path):
    means = []
    with tab(browser, **DESKTOP) as page:
        for scheme in ("light", "dark"):
            page.media(scheme=scheme)
            page.open(file)
            page.screenshot(tmp_path / "shot.png")
            shot = Image.open(tmp_path / "shot.png").convert("L")
            means.append(sum(n * level for level, n in enumerate(shot.histogram())) / 960_000)
    assert means[0] > 200
    assert means[1] < 60


def test_a_heading_sorts_the_table_by_click_and_by_key(browser, file: Path):
    with tab(browser, **DESKTOP) as page:
        page.open(file)
        page.click("table.sortable th:nth-child(2) button")
        best_first = ["teacher", "student", "student alone", "bicubic"]
        assert page.evaluate(ORDER) == best_first
        page.press("Enter")
        assert page.evaluate(ORDER) == best_first[::-1]
        headings = "[...document.querySelectorAll('table.sortable th[scope=col]')]"
        sorted_by = page.evaluate(f"{headings}.map(h => h.ariaSort)")
        assert sorted_by == [None, "ascending", None, None, None, None, None]


def test_what_is_missing_stays_last_whichever_way_a_table_is_sorted(browser, file: Path):
    with tab(browser, **DESKTOP) as page:
        page.open(file)
        for _ in range(2):
            page.click("table.sortable th:nth-child(4) button")  # the reference has no gain
            assert page.evaluate(ORDER)[-1] == "bicubic"


def test_without_scripts_every_text_table_chart_and_picture_is_there(browser, file: Path):
    with tab(browser, **DESKTOP) as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.open(file)
        visible = "[...document.querySelectorAll('{0}')].map(e => e.getBoundingClientRect().height)"
        for element in ("section", "table", ".plot", ".graph", ".strip img"):
            heights = page.evaluate(visible.format(element))
            assert heights, element
            assert min(heights) > 0, element
        for element in (".explorer", "#mode"):
            assert page.evaluate(visible.format(element)) == [0], element


def test_in_print_the_page_is_light_and_shows_the_pictures_side_by_side(browser, file: Path):
    with tab(browser, **DESKTOP) as page:
        page.open(file)
        page.media(scheme="dark", kind="print")
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        assert page.evaluate("document.querySelector('.strips').offsetHeight") > 0
        assert page.evaluate("document.querySelector('.explorer').offsetHeight") == 0
