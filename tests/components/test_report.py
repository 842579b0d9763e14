"""The page of a run: what it says, in which order, of what it is made, and what it does without."""

import dataclasses
import math
import re
import shutil
import subprocess
from datetime import UTC, datetime
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from components import report
from components.artifacts import BenchmarkReport, Cost, Release, Verdict
from components.errors import PairError, StoreError
from components.recipes import Paper
from components.report import (
    Credit,
    DataVersion,
    GitState,
    PictureRow,
    ReportFacts,
    Step,
    headline,
    render,
    write,
)

CHROMIUM = Path("/usr/bin/chromium")
SLICES = ("blur", "noise")
GAINS = {"teacher": 2.0, "student": 1.5, "student alone": 1.2, "bicubic": 0.0}
VOID = {"meta", "link", "img", "br"}


def image_table(gain_db: float, seed: int) -> pd.DataFrame:
    jitter = np.random.default_rng(seed).normal(0, 0.05, 8)
    return pd.DataFrame(
        {
            "image": [f"{number}.png" for number in range(4)] * 2,
            "slice": np.repeat(SLICES, 4),
            "width": 60,
            "height": 48,
            "psnr_db": np.array([26.0, 27, 28, 29, 23, 24, 25, 26]) + jitter + gain_db,
            "ssim": 0.8 + gain_db / 100,
        }
    )


IMAGES = {label: image_table(gain, seed) for seed, (label, gain) in enumerate(GAINS.items())}


def benchmark(label: str) -> BenchmarkReport:
    table = IMAGES[label]
    return BenchmarkReport(
        folder=PurePosixPath("benchmark/77"),
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest="5f1d",
        num_images=len(table),
        mean={name: float(table[name].mean()) for name in ("psnr_db", "ssim")},
        slices={
            str(name): {"psnr_db": float(rows["psnr_db"].mean())}
            for name, rows in table.groupby("slice")
        },
        cost=Cost(num_parameters=5_821_300, giga_macs=310.9, latency_ms=2195.4, device="CPU"),
        weights_sha256="" if label == "bicubic" else "b" * 64,
    )


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 60, 3), dtype=np.uint8)


def curve(final_db: float) -> pd.DataFrame:
    steps = np.arange(10.0, 60.0, 10.0)
    return pd.DataFrame(
        {
            "step": steps,
            "l1": 1 / steps,
            "loss": 1 / steps,
            "learning_rate": 1e-4,
            "validation_psnr_db": final_db - 1 / steps,
        }
    )


VIEWS = ("degraded", "bicubic", "student", "teacher", "truth")
FACTS = ReportFacts(
    name="first light",
    time=datetime(2026, 3, 14, 9, 26, tzinfo=UTC),
    recipe="kdsr",
    paper=Paper("On Teaching", "ICLR 2023", "https://arxiv.org/abs/2211.16928"),
    data=DataVersion("d8e8.dir", {"train": 8, "test": 4}, committed=True),
    git=GitState("9fceb02d", clean=True),
    params="seed: 0\nrecipe: kdsr\n",
    verdict=Verdict(
        passed=True, outcome="better", gain_db=0.213, reasons=("+1.5 dB over bicubic", "enough")
    ),
    release=Release(name="restill-kdsr", version="4", alias="champion"),
    champion_before="restill-kdsr version 3",
    reports=tuple(benchmark(label) for label in GAINS),
    images=IMAGES,
    curves={"teacher": curve(28.0), "student": curve(27.5)},
    pictures=(PictureRow("2.png", "noise", {v: picture(n) for n, v in enumerate(VIEWS)}),),
    notes=("Four test pictures.",),
    steps=(
        Step("dataset", "3f9a", reused=True, seconds=None),
        Step("teacher", "77ab", reused=False, seconds=75),
    ),
    credits=(Credit("2.png", "a photographer", "CC0"),),
)


def but(facts: ReportFacts = FACTS, **changes: object) -> ReportFacts:
    return dataclasses.replace(facts, **changes)


QUICK = but(curves={}, pictures=(), images={})
"""Without what takes time to draw."""


class Page(HTMLParser):
    """The elements of a page in order; fails on a tag that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.pieces.append(data)

    @cached_property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.pieces))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render(FACTS))


def test_the_page_is_one_document_of_one_encoding():
    text = render(QUICK)
    assert text.startswith("<!DOCTYPE html>")
    assert '<html lang="en">' in text
    assert '<meta charset="utf-8">' in text


def test_the_verdict_comes_first_and_the_credits_last(page: Page):
    assert [section["id"] for section in page.all("section")] == [
        "verdict",
        "numbers",
        "slices",
        "pairs",
        "curves",
        "pictures",
        "lineage",
        "credits",
    ]


def test_the_verdict_says_gain_reasons_and_champion(page: Page):
    assert "Promoted: the student is the champion, restill-kdsr version 4" in page.text
    assert "+0.21 dB, restill-kdsr version 3" in page.text
    assert "+1.5 dB over bicubic enough" in page.text
    assert "Before this run: restill-kdsr version 3." in page.text


def test_every_model_has_its_row_with_protocol_beside(page: Page):
    gain = IMAGES["student"]["psnr_db"].mean() - IMAGES["bicubic"]["psnr_db"].mean()
    student = f"{IMAGES['student']['psnr_db'].mean():.2f} 0.8150 +{gain:.2f} 5.82 M 311 2,195"
    assert f"student best that can be released {student}" in page.text
    assert "by protocol sr_y:x4:crop4" in page.text


def test_the_teacher_is_marked_as_a_bound_that_cannot_be_released(page: Page):
    mark = "sees the ground truth: an upper bound, cannot be released"
    assert page.text.count(mark) == 1
    assert f"teacher {mark}" in page.text


def test_what_distillation_gave_is_told_with_interval_wins_and_n(page: Page):
    told = re.search(
        r"trained without distillation: (\S+) dB, 95 % interval (\S+) to (\S+) dB; "
        r"better on (\d) of 8, with n = 4 pictures",
        page.text,
    )
    assert told is not None
    mean, low, high = (float(told[n]) for n in (1, 2, 3))
    wanted = (IMAGES["student"]["psnr_db"] - IMAGES["student alone"]["psnr_db"]).mean()
    assert mean == pytest.approx(wanted, abs=5e-4)
    assert low < mean < high
    assert "The interval holds zero" not in page.text


def test_an_interval_around_zero_is_called_that():
    twin = IMAGES["student"].assign(psnr_db=lambda t: t["psnr_db"] + [0.1, -0.1, 0.2, -0.2] * 2)
    text = Page(render(but(QUICK, images={**IMAGES, "student alone": twin}))).text
    assert "The interval holds zero" in text


def test_nothing_is_loaded_from_outside(page: Page):
    loads = [
        value for _, a in page.elements for name, value in a.items() if name in {"src", "href"}
    ]
    assert len(loads) > 10
    assert {link for link in loads if not link.startswith("data:")} == {FACTS.paper.url}
    assert not page.all("script")
    style = render(QUICK).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_every_picture_has_a_text_and_every_table_heading_a_scope(page: Page):
    assert all(image["alt"] for image in page.all("img"))
    assert {heading["scope"] for heading in page.all("th")} == {"row", "col"}
    assert len(page.all("h1")) == 1


def test_every_wide_thing_scrolls_in_a_box_that_the_keyboard_reaches(page: Page):
    boxes = [a for _, a in page.elements if a.get("class") == "scroll"]
    assert len(boxes) == len(page.all("table")) + len(FACTS.pictures) + len(page.all("pre"))
    assert all(box["tabindex"] == "0" for box in boxes)


def test_ids_are_unique(page: Page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_scores_stand_under_the_pictures(page: Page):
    row = IMAGES["teacher"].query("image == '2.png' and slice == 'noise'").iloc[0]
    assert f"teacher {row['psnr_db']:.2f} dBSSIM {row['ssim']:.4f}" in page.text


def test_lineage_names_data_code_and_stations(page: Page):
    assert "d8e8.dir, train 8, test 4" in page.text
    assert "commit 9fceb02d" in page.text
    assert "dataset 3f9a reused \N{EN DASH} teacher 77ab made 1 min 15 s" in page.text
    assert "seed: 0 recipe: kdsr" in page.text
    assert "no commit" not in page.text


def test_what_no_commit_holds_is_said():
    dirty = Page(render(but(QUICK, git=GitState("9fceb02d", clean=False)))).text
    assert "with changes that no commit holds" in dirty
    bare = but(
        QUICK, git=GitState("", clean=False), data=DataVersion("d8e8.dir", {}, committed=False)
    )
    text = Page(render(bare)).text
    assert "in no commit" in text
    assert "not committed: no commit names this version" in text


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
        credits=(Credit(evil, evil, evil),),
    )
    text = render(facts)
    assert "<script" not in text
    assert Page(text).text.count(evil) >= 8


@pytest.mark.parametrize(
    ("outcome", "passed", "release", "before", "word", "champion"),
    [
        ("better", True, FACTS.release, "m version 3", "Promoted", "restill-kdsr version 4"),
        ("first", True, FACTS.release, None, "Promoted", "restill-kdsr version 4"),
        ("better", True, None, "m version 3", "Passed, not released", "m version 3"),
        ("rejected", False, None, "m version 3", "Refused", "m version 3"),
        ("rejected", False, FACTS.release, "m version 3", "Refused", "m version 3"),
        ("rejected", False, None, None, "Refused", None),
        ("unchanged", False, None, "m version 3", "Unchanged", "m version 3"),
    ],
)
def test_the_headline_says_what_is_in_service(outcome, passed, release, before, word, champion):
    verdict = Verdict(passed=passed, outcome=outcome, gain_db=None, reasons=())
    found = headline(but(verdict=verdict, release=release, champion_before=before))
    assert (found.word, found.champion) == (word, champion)


def test_without_a_champion_the_page_says_so():
    verdict = Verdict(passed=False, outcome="rejected", gain_db=None, reasons=())
    text = Page(render(but(QUICK, verdict=verdict, release=None, champion_before=None))).text
    assert "over the champion there was none before" in text
    assert "Champion now There is none." in text
    assert "The gate gave none." in text


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
    assert said in Page(render(but(facts, **{name: nothing}))).text


def test_all_pieces_may_be_missing_at_once():
    text = Page(render(but(**{name: nothing for name, (nothing, _) in MISSING.items()}))).text
    assert text.count("No ") >= 3


def test_the_curve_that_a_reused_record_did_not_keep_is_named():
    text = Page(render(but(QUICK, curves={"teacher": pd.DataFrame(), "student": curve(27.0)}))).text
    assert "Without a curve, from a record that kept none: teacher." in text


def test_without_the_undistilled_student_the_charts_compare_with_the_reference():
    images = {label: table for label, table in IMAGES.items() if label != "student alone"}
    page = Page(render(but(QUICK, images=images)))
    assert "The student minus the bicubic" in page.text
    assert "from distillation" not in page.text


def test_an_exact_restoration_is_infinite_and_breaks_nothing():
    perfect = IMAGES["student"].copy()
    perfect.loc[(perfect["image"] == "2.png"), "psnr_db"] = math.inf
    text = Page(render(but(images={**IMAGES, "student": perfect}))).text
    assert "student ∞ dB" in text
    assert "student alone2 without a finite difference, not in the mean" in text


def test_pictures_that_both_restored_exactly_are_not_drawn():
    exact = {label: table.copy() for label, table in IMAGES.items()}
    for table in exact.values():
        table.loc[table["image"] == "2.png", "psnr_db"] = math.inf
    alts = [image["alt"] for image in Page(render(but(QUICK, images=exact))).all("img")]
    assert "Scatter of PSNR, student against student alone: 6 of 6 above the diagonal" in alts


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_model_without_one_finite_picture_is_still_reported(value: float):
    images = {label: table.assign(psnr_db=value) for label, table in IMAGES.items()}
    text = Page(render(but(images=images))).text
    assert ("student ∞ dB" if value == math.inf else "student undefined dB") in text


def test_reports_that_were_not_measured_alike_carry_a_warning(page: Page):
    other = FACTS.reports[0].model_copy(update={"protocol": "rgb:x4"})
    text = Page(render(but(QUICK, reports=(other, *FACTS.reports[1:])))).text
    assert "These rows were not measured alike" in text
    assert "These rows were not measured alike" not in page.text


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


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "quiet", "link", "good", "bad"])
def test_text_has_the_contrast_of_wcag_aa(mode: str, text: str):
    css = Path(report.__file__).with_name("report.css").read_text()
    light, dark = re.findall(r":root \{([^}]*)\}", css)
    colours = dict(re.findall(r"--(\w+): (#\w{6});", light if mode == "light" else dark))
    assert contrast(colours[text], colours["paper"]) >= 4.5


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}")
def test_a_browser_shows_the_page_without_complaint(tmp_path: Path):
    write(tmp_path / "report.html", FACTS)
    shot = tmp_path / "shot.png"
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--screenshot={shot}",
            "--window-size=900,1400",
            (tmp_path / "report.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)
    assert "CONSOLE" not in done.stderr
    colours = Image.open(shot).convert("RGB").getcolors(maxcolors=1 << 24)
    assert len(colours) > 100
    assert max(share for share, _ in colours) < 0.95 * 900 * 1400
