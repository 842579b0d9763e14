"""Suites: their cases, their digests, and what is said of a set that is not there."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from components import parts
from components.artifacts import Manifest, name_of
from components.benchmarking import suites
from components.benchmarking.suites import Case, Suite, find, folder_suite, held_out
from components.config import BenchmarkParams, RecipeParams, TrainParams, load_params
from components.datasets.manifest import COLUMNS, FILE, write_rows
from components.errors import ProtocolError
from components.sources import Found
from components.store import Store, Workplace, sha256_of

PARAMETER_FILE = Path(__file__).parents[3] / "params.yaml"
NOISY = ({"name": "bicubic_downsample"}, {"name": "gaussian_noise", "level": 20})


@pytest.fixture
def pictures(tmp_path):
    """Two pictures of waves, one of them of odd sides."""
    folder = tmp_path / "data"
    folder.mkdir()
    return [draw(folder / "a.png", 32, 40, wave=9), draw(folder / "b.png", 35, 33, wave=5)]


def draw(file, height, width, wave):
    file.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:height, :width]
    channels = [np.sin(2 * np.pi * (x + k * y) / wave) for k in range(3)]
    Image.fromarray(np.uint8(np.stack(channels, 2) * 100 + 127)).save(file)
    return file


def shrink(scale=4):
    return parts.configure("degradations", {"name": "bicubic_downsample", "scale": scale})


def chain(*steps):
    return parts.configure("degradations", {"name": "chain", "steps": list(steps)})


def suite_of(files, **changes):
    damages = {"plain": shrink(), "noisy": chain(*NOISY)}
    cases = tuple(
        Case(file.name, label, file, sha256_of(file), damage)
        for label, damage in damages.items()
        for file in files
    )
    return dataclasses.replace(Suite(cases, "sr_y", 4), **changes)


# --- digests


def test_equal_suites_have_one_digest_wherever_the_pictures_lie(pictures, tmp_path):
    before = suite_of(pictures).digest
    assert suite_of(pictures).digest == before
    (tmp_path / "moved").mkdir()
    moved = [file.rename(tmp_path / "moved" / file.name) for file in pictures]
    assert suite_of(moved).digest == before


def test_another_picture_or_name_or_none_is_another_benchmark(pictures):
    before = suite_of(pictures).digest
    assert suite_of(pictures[:1]).digest != before
    renamed = [pictures[0].rename(pictures[0].with_name("c.png")), pictures[1]]
    assert suite_of(renamed).digest != before
    draw(renamed[0].rename(pictures[0]), 32, 40, wave=9)
    assert suite_of(pictures).digest == before
    draw(pictures[0], 32, 40, wave=8)
    assert suite_of(pictures).digest != before


def test_another_damage_or_slice_or_scale_is_another_benchmark(pictures):
    suite = suite_of(pictures)
    case = suite.cases[0]
    for change in (
        {"degradation": chain(*NOISY)},
        {"degradation": chain({"name": "bicubic_downsample"})},
        {"slice": "other"},
        {"image": "other"},
    ):
        changed = (dataclasses.replace(case, **change), *suite.cases[1:])
        assert suite_of(pictures, cases=changed).digest != suite.digest
    assert suite_of(pictures, scale=2).digest != suite.digest


def test_another_degraded_file_is_another_benchmark(pictures, tmp_path):
    lq = draw(tmp_path / "lq.png", 8, 10, wave=9)
    found = [Found(pictures[0], "test", lq)]
    before = folder_suite(found, "sr_y", scale=4).digest
    draw(lq, 8, 10, wave=8)
    assert folder_suite(found, "sr_y", scale=4).digest != before


def test_the_code_of_all_that_measures_is_in_the_digest(pictures, monkeypatch):
    read = {}

    def watched(modules):
        read.update(plain(modules))
        return dict(read)

    plain = suites.source_digests
    monkeypatch.setattr(suites, "source_digests", watched)
    before = suite_of(pictures).digest
    for module in (
        "components.benchmark",
        "components.benchmarking.reading",
        "components.inference",
        "components.protocols.sr_y",
        "components.pictures.colour",
        "components.metrics.psnr",
        "components.metrics.ssim",
        "components.degradations.chain",
        "components.degradations.gaussian_noise",
        "components.degradations.bicubic_downsample",
        "components.pictures.resize",
        "components.draws",
    ):
        assert module in read
        monkeypatch.setattr(
            suites, "source_digests", lambda modules, m=module: watched(modules) | {m: "edited"}
        )
        assert suite_of(pictures).digest != before


def test_another_protocol_or_precision_is_another_benchmark(pictures):
    suite = suite_of(pictures)
    digests = {suite.digest}
    digests.add(dataclasses.replace(suite, protocol="sr_rgb").digest)
    digests.add(dataclasses.replace(suite, half=True).digest)
    assert len(digests) == 3


def test_how_many_rows_are_expected_changes_no_digest(pictures):
    assert suite_of(pictures, expected=9).digest == suite_of(pictures).digest


def test_half_precision_stands_in_the_id(pictures):
    assert suite_of(pictures, half=True).protocol_id == "sr_y:x4:crop4:half"
    with pytest.raises(ProtocolError, match=r"ffa:.* compares unrounded values, half precision"):
        suite_of(pictures, protocol="ffa", scale=1, half=True).protocol_id  # noqa: B018 - it raises


# --- folders


def test_pictures_without_mates_need_a_degradation(pictures):
    found = [Found(file, "test") for file in pictures]
    with pytest.raises(ProtocolError, match="2 of 2 pictures have no degraded mate"):
        folder_suite(found, "sr_y", scale=4)
    cases = folder_suite(found, "sr_y", scale=4, degradations={"bicubic": shrink()}).cases
    assert [case.slice for case in cases] == ["bicubic"] * 2


def test_a_suite_without_pictures_is_refused():
    with pytest.raises(ProtocolError, match="at least one picture"):
        folder_suite([], "sr_y", scale=4)


def test_pictures_of_one_name_in_two_folders_keep_apart(tmp_path):
    files = [draw(tmp_path / night / "a.png", 24, 24, len(night)) for night in ("first", "second")]
    found = [Found(file, "test") for file in files]
    suite = folder_suite(found, "sr_y", scale=4, degradations={"bicubic": shrink()})
    assert [case.image for case in suite.cases] == ["first/a.png", "second/a.png"]


def test_mates_of_one_picture_are_rows_named_by_the_mates(pictures, tmp_path):
    hazy = [draw(tmp_path / f"hazy/a_{n}.png", 32, 40, wave=n) for n in (7, 8)]
    found = [Found(pictures[0], "test", mate) for mate in hazy]
    cases = folder_suite(found, "ffa", scale=1).cases
    assert [(case.image, case.slice, case.gt) for case in cases] == [
        (mate.name, "own pairs", pictures[0]) for mate in hazy
    ]
    # Under a damage that is drawn, the clean picture counts once.
    noise = parts.configure("degradations", {"name": "gaussian_noise", "level": 15})
    drawn = folder_suite(found, "denoise_rgb8", scale=1, degradations={"15": noise}).cases
    assert [(case.image, case.lq) for case in drawn] == [("a.png", None)]


def test_without_a_source_every_picture_of_a_folder_is_found(pictures):
    assert [found.gt for found in find(None, pictures[0].parent)] == pictures


def test_of_a_source_with_splits_the_test_is_taken(tmp_path):
    for split in ("train", "validation", "test"):
        draw(tmp_path / split / f"{split}.png", 16, 16, wave=4)
    source = parts.configure("sources", {"name": "folder"})
    assert [found.gt.name for found in find(source, tmp_path)] == ["test.png"]


# --- suites of params.yaml


SHIPPED = load_params(PARAMETER_FILE).suites


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_suite_says_where_it_is_to_be_had(name):
    suite = SHIPPED[name]
    assert suite.origin.startswith("https://")
    assert suite.references
    assert suite.source is not None or suite.degradations


def test_the_suites_survive_a_tool_that_writes_the_file_anew(tmp_path):
    yaml = YAML()  # as `dvc exp run --set-param` does; aliases within lists do not all come through
    yaml.dump(yaml.load(PARAMETER_FILE), tmp_path / "params.yaml")
    assert load_params(tmp_path / "params.yaml").suites == SHIPPED


def test_the_widths_of_gaussian8_are_kdsrs():
    for scale, widths in ((4, (1.8, 3.2)), (2, (0.9, 1.6))):
        for name in ("set5", "set14", "b100", "urban100", "manga109"):
            damages = SHIPPED[f"{name}-gaussian8-x{scale}"].degradations
            drawn = [damage.steps[0].width for damage in damages.values()]
            expected = np.linspace(*widths, 8).round(1)
            assert [pair[0] for pair in drawn] == expected.tolist()
            assert all(low == high for low, high in drawn)


def test_the_nine_kernels_are_blurs_of_two_widths_and_an_angle():
    damages = SHIPPED["set14-aniso9-noise10-x4"].degradations
    assert len(damages) == 9
    for label, damage in damages.items():
        blur, _, noise, _ = damage.steps
        words = f"{blur.width[0]} x {blur.second_width[0]} at {blur.angle[0]:.0f} deg"
        assert (label, noise.level) == (words, (10.0, 10.0))


@pytest.mark.parametrize(("name", "harder"), [("set14-rain", "density"), ("set14-haze", "density")])
def test_drawn_weather_is_fixed_and_grows_from_slice_to_slice(name, harder):
    suite = SHIPPED[name]
    drawn = [getattr(damage.steps[0], harder) for damage in suite.degradations.values()]
    assert len(drawn) == 3
    assert all(low == high for low, high in drawn)
    assert drawn == sorted(set(drawn))
    assert (suite.scale, suite.pictures) == (1, 14)


# --- the suite of a run


@pytest.fixture
def place(tmp_path):
    return Workplace(Store(tmp_path / "work"), tmp_path / "data")


def suite_of_a_run(place, files, degradations, mates=(None, None)):
    rows = [
        dict.fromkeys(COLUMNS)
        | {"path": file.name, "split": split, "sha256": sha256_of(file), "lq": mate, "scene": ""}
        | {"width": 8, "height": 8}
        for file, split, mate in zip(files, ("train", "test"), mates, strict=True)
    ]
    folder = place.store.root / "dataset" / "0"
    folder.mkdir(parents=True)
    write_rows(folder / FILE, rows)
    manifest = Manifest(
        folder=name_of(folder), data_digest="d", rows_digest="r", counts={}, num_bytes=0
    )
    training = TrainParams(steps=1, batch=1, patch=8, pool=1, learning_rate=1e-3)
    measured = BenchmarkParams(protocol="sr_y", degradations={"one": shrink(4)})
    recipe = RecipeParams(
        name="any", degradation=shrink(4), teacher=training, student=training, benchmark=measured
    )
    changed = measured.model_copy(update={"degradations": degradations})
    recipe = recipe.model_copy(update={"benchmark": changed})
    return held_out(manifest, recipe, place)


def test_the_suite_of_a_run_is_every_test_picture_under_every_damage(place, pictures):
    damages = {"one": shrink(), "two": chain(*NOISY)}
    suite = suite_of_a_run(place, pictures, damages)
    assert [(c.image, c.slice) for c in suite.cases] == [("b.png", "one"), ("b.png", "two")]
    assert (suite.scale, suite.protocol, suite.expected) == (4, "sr_y", 2)


def test_without_a_damage_the_suite_of_a_run_is_the_sets_own_pairs(place, pictures):
    draw(place.data / "small.png", 8, 8, wave=3)
    suite = suite_of_a_run(place, pictures, {}, mates=(None, "small.png"))
    assert [(c.image, c.slice, c.lq) for c in suite.cases] == [
        ("b.png", "own pairs", place.data / "small.png")
    ]
    (place.store.root / "dataset" / "0" / FILE).unlink()
    (place.store.root / "dataset" / "0").rmdir()
    with pytest.raises(ProtocolError, match="1 of 1 pictures have no degraded mate"):
        suite_of_a_run(place, pictures, {})


def test_a_suite_has_one_scale(place, pictures):
    with pytest.raises(ProtocolError, match=r"one suite has one scale, .* \[2, 4\]"):
        suite_of_a_run(place, pictures, {"one": shrink(2), "two": shrink(4)})


def test_a_recipe_has_the_scale_of_its_damage_or_else_of_its_student():
    recipe = load_params(PARAMETER_FILE).recipes["kdsr"]
    assert suites.scale_of(recipe) == 4
    student = recipe.network.model_copy(update={"scale": 2})
    pairs = recipe.model_copy(update={"degradation": None, "network": student})
    assert suites.scale_of(pairs) == 2
