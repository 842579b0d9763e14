"""The explorer: which pictures it shows, and what mouse, finger and keys do in a browser."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.report import render, write
from components.reporting import explorer
from components.reporting.explorer import choose
from components.reporting.findings import Findings
from tests.browser import Tab, tab
from tests.document import Document
from tests.sample_run import FACTS, IMAGES, QUICK, but, shown

LIMITS = {"ours": "student", "theirs": ("champion before", "student alone")}


def table(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image", "slice", "psnr_db"])


def test_the_worst_the_best_and_the_most_changed_are_chosen_by_turns():
    ours = table(("a", "x", 20.0), ("b", "x", 25.0), ("c", "x", 30.0), ("d", "x", 26.0))
    theirs = ours.assign(psnr_db=[20.0, 25.0, 30.0, 23.0])
    images = {"student": ours, "student alone": theirs}
    assert choose(images, **LIMITS, limit=3) == [("a", "x"), ("c", "x"), ("d", "x")]


def test_a_picture_comes_again_only_when_all_were_there():
    ours = table(("a", "x", 20.0), ("a", "y", 21.0), ("b", "x", 30.0), ("b", "y", 22.0))
    chosen = choose({"student": ours}, **LIMITS, limit=3)
    assert chosen == [("a", "x"), ("b", "x"), ("a", "y")]


def test_no_more_is_chosen_than_there_is():
    assert len(choose(IMAGES, **LIMITS, limit=100)) == 8


def test_a_row_that_the_other_model_lacks_counts_as_unchanged():
    ours = table(("a", "x", 20.0), ("b", "x", 30.0), ("c", "x", 25.0), ("d", "x", 26.0))
    images = {"student": ours, "student alone": ours[3:].assign(psnr_db=20.0)}
    assert choose(images, **LIMITS, limit=3)[2] == ("d", "x")


def test_what_changed_most_is_shown_first():
    images = IMAGES | {"student alone": IMAGES["student"].copy()}
    images["student alone"].loc[0, "psnr_db"] -= 3
    found = explorer.view(Findings(but(images=images)))
    assert [exhibit.image for exhibit in found] == ["0.png", "2.png"]
    assert [exhibit.change_db for exhibit in found] == pytest.approx([3.0, 0.0])


def test_the_window_shrinks_as_pictures_become_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(explorer, "PIXELS", 5 * 2 * 400)
    (first, second) = explorer.view(Findings(FACTS))
    assert (first.strip.window.height, second.strip.window.width) == (20, 20)


def test_scores_stand_under_the_pictures():
    row = IMAGES["teacher"].query("image == '2.png' and slice == 'noise'").iloc[0]
    text = Document(render(but(QUICK, images=IMAGES, pictures=FACTS.pictures))).text
    assert f"teacher {row['psnr_db']:.2f} dBSSIM {row['ssim']:.4f}" in text


def test_a_picture_that_both_restored_exactly_has_not_changed():
    exact = {label: each.assign(psnr_db=math.inf) for label, each in IMAGES.items()}
    (first, _) = explorer.view(Findings(but(images=exact)))
    assert math.isnan(first.change_db)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures: worst c, best b, most changed a."""
    rows = [("a.png", 26.0, 5.0), ("b.png", 30.0, 1.0), ("c.png", 22.0, -2.0)]
    ours = table(*((image, "blur", psnr) for image, psnr, _ in rows)).assign(ssim=0.9)
    twin = ours.assign(psnr_db=[psnr - change for _, psnr, change in rows])
    pictures = tuple(shown(image, "blur") for image, _, _ in rows)
    facts = but(QUICK, images={"student": ours, "student alone": twin}, pictures=pictures)
    written = tmp_path_factory.mktemp("page") / "report.html"
    write(written, facts)
    return written


@pytest.fixture
def page(browser, file: Path):
    with tab(browser, width=1200, height=800) as opened:
        opened.open(file)
        opened.until("document.querySelector('.stage').dataset.drawn")
        yield opened
        assert opened.complaints() == []


def value(page: Tab, name: str) -> float:
    return float(
        page.evaluate(f"document.querySelector('.stage').style.getPropertyValue('--{name}')")
    )


def drawn(page: Tab, expected: str) -> None:
    page.until(f"document.querySelector('.stage').dataset.drawn === '{expected}'")


def pixels(page: Tab, side: str) -> np.ndarray:
    """What a side's canvas holds, (H, W, 3)."""
    found = page.evaluate(
        f"(() => {{ const c = document.querySelector('.pane.{side} canvas');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
        "return [d.height, d.width, Array.from(d.data)]; })()"
    )
    return np.array(found[2]).reshape(found[0], found[1], 4)[..., :3]


def names(page: Tab) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('.picker b')].map(b => b.textContent)")


def focus(page: Tab) -> None:
    page.evaluate("document.querySelector('.divider').focus()")


def test_the_canvases_hold_the_true_pixels(page: Tab):
    views = FACTS.pictures[0].views
    assert np.array_equal(pixels(page, "left"), views["degraded"])
    assert np.array_equal(pixels(page, "right"), views["student"])


def test_the_mouse_drags_the_divider(page: Tab):
    page.drag(page.place(".stage", 0.5), page.place(".stage", 0.2))
    assert value(page, "divide") == pytest.approx(20, abs=1)
    page.drag(page.place(".stage", 0.2), page.place(".stage", 0.9))  # by its grip
    assert value(page, "divide") == pytest.approx(90, abs=1)
    clip = page.evaluate("getComputedStyle(document.querySelector('.pane.right')).clipPath")
    assert float(clip.split()[-1].strip("%)")) == pytest.approx(90, abs=1)


def test_a_finger_drags_the_divider_on_a_phone(browser, file: Path):
    with tab(browser, width=360, height=700, touch=True) as page:
        page.open(file)
        page.until("document.querySelector('.stage').dataset.drawn")
        page.swipe(page.place(".stage", 0.7), page.place(".stage", 0.3))
        assert value(page, "divide") == pytest.approx(30, abs=1)


def test_arrows_and_ends_move_the_divider(page: Tab):
    focus(page)
    page.press("ArrowLeft")
    assert value(page, "divide") == 49.5
    page.press("End")
    assert value(page, "divide") == 100


def test_buttons_keys_and_wheel_enlarge_about_the_right_place(page: Tab):
    page.click("[name=in]")
    width = page.evaluate("document.querySelector('.stage').clientWidth")
    assert (value(page, "zoom"), value(page, "x")) == (2, pytest.approx(-width / 2))
    focus(page)
    page.press("0")
    page.wheel(page.place(".stage", 0.25), -300 * math.log(4))
    page.until("document.querySelector('.stage').style.getPropertyValue('--zoom') > 3.9")
    assert value(page, "x") == pytest.approx(-0.25 * width * (value(page, "zoom") - 1), abs=3)
    page.press("-")
    assert value(page, "zoom") == pytest.approx(2, rel=0.01)
    rendering = "getComputedStyle(document.querySelector('.pane canvas')).imageRendering"
    assert page.evaluate(rendering) == "pixelated"


def test_an_enlarged_picture_is_dragged_and_never_leaves_the_stage(page: Tab):
    page.click("[name=in]")
    start = page.place(".stage", 0.75)
    page.drag(start, (start[0] - 50, start[1]))
    width = page.evaluate("document.querySelector('.stage').clientWidth")
    assert value(page, "x") == pytest.approx(-width / 2 - 50, abs=1)
    assert value(page, "divide") == 50
    focus(page)
    for _ in range(30):
        page.press("ArrowLeft", shift=True)
    assert value(page, "x") == 0


def test_without_focus_the_wheel_scrolls_the_page(page: Tab):
    at = page.place(".stage")
    before = page.evaluate("scrollY")
    page.wheel(at, 100)
    page.until(f"scrollY > {before}")
    assert value(page, "zoom") == 1


def test_the_difference_map_is_the_mean_error_in_the_ramp_s_colours(page: Tab):
    page.click("[name=difference]")
    drawn(page, "degraded|student|true")
    views = FACTS.pictures[0].views
    error = np.abs(views["student"].astype(int) - views["truth"]).mean(-1)
    shown_ = pixels(page, "right")
    assert np.array_equal(shown_[error >= 64][0], [255, 234, 70])
    assert len(np.unique(shown_.reshape(-1, 3), axis=0)) > 30
    brightness = shown_.sum(-1)
    assert np.corrcoef(brightness.ravel(), np.minimum(error, 64).ravel())[0, 1] > 0.95
    told = page.evaluate("document.querySelector('.readout').textContent")
    assert f"mean difference here {error.mean():.1f} of 255" in told
    assert page.evaluate("document.querySelector('.scale').offsetHeight") > 0


def test_the_truth_differs_nowhere_from_the_truth(page: Tab):
    focus(page)
    page.press("d")
    page.press("r")
    page.press("r")
    drawn(page, "degraded|truth|true")
    assert np.array_equal(np.unique(pixels(page, "right").reshape(-1, 3), axis=0), [[0, 32, 77]])


def test_pictures_are_ordered_by_change_worst_and_best(page: Tab):
    assert names(page) == ["a.png", "c.png", "b.png"]
    for order, wanted in (
        ("worst", ["c.png", "a.png", "b.png"]),
        ("best", ["b.png", "a.png", "c.png"]),
    ):
        page.evaluate(
            f"(() => {{ const o = document.querySelector('[name=order]'); o.value = '{order}';"
            "o.dispatchEvent(new Event('change')); })()"
        )
        assert names(page) == wanted


def test_a_choice_of_views_stays_when_the_picture_changes(page: Tab):
    focus(page)
    page.press("l")
    drawn(page, "bicubic|student|false")
    page.click(".picker button:nth-child(2)")
    pressed = "[...document.querySelectorAll('.picker button')].map(b => b.ariaPressed)"
    assert page.evaluate(pressed) == ["false", "true", "false"]
    assert page.evaluate("document.querySelector('[name=left]').value") == "bicubic"
    focus(page)
    page.press("p")
    page.press("p")
    assert page.evaluate(pressed) == ["false", "false", "true"]


def test_letters_outside_the_explorer_do_nothing(page: Tab):
    page.evaluate("document.querySelector('#mode').focus()")
    page.press("d")
    assert page.evaluate("document.querySelector('[name=difference]').ariaPressed") == "false"


def test_tab_reaches_pictures_divider_lists_and_buttons_in_that_order(page: Tab):
    page.evaluate("document.querySelector('.picker button:last-child').focus()")
    reached = []
    for _ in range(8):
        page.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.name || document.activeElement.className")
        )
    assert reached == ["divider", "left", "right", "order", "out", "fit", "in", "difference"]


def test_the_focus_is_seen(page: Tab):
    page.evaluate("document.querySelector('.picker button:last-child').focus()")
    page.press("Tab")
    outline = "getComputedStyle(document.querySelector('.stage')).outlineStyle"
    assert page.evaluate(outline) == "solid"
