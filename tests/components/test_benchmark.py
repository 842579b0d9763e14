"""Station 4: rows, slices and means; and a digest that tells one benchmark from another."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from PIL import Image

from components import benchmark, parts
from components.artifacts import Manifest, name_of
from components.benchmark import Case, Contender, Suite, folder_suite, measure, read_table
from components.config import BenchmarkParams, RecipeParams, TrainParams
from components.datasets.manifest import COLUMNS, FILE, write_rows
from components.errors import CheckpointError, PairError, PictureError, ProtocolError
from components.sources import Found
from components.store import Store, Workplace, sha256_of
from components.training import checkpoint

SMALL = {"name": "kdsr", "channels": 2, "num_blocks": 1, "num_encoder_blocks": 0, "skip": "bicubic"}


@pytest.fixture
def place(tmp_path):
    return Workplace(Store(tmp_path / "work"), tmp_path / "data")


@pytest.fixture
def pictures(place):
    """Two pictures of waves, one of them of odd sides."""
    place.data.mkdir()
    return [draw(place.data / "a.png", 32, 40, wave=9), draw(place.data / "b.png", 35, 33, wave=5)]


def draw(file, height, width, wave):
    y, x = np.mgrid[:height, :width]
    channels = [np.sin(2 * np.pi * (x + k * y) / wave) for k in range(3)]
    Image.fromarray(np.uint8(np.stack(channels, 2) * 100 + 127)).save(file)
    return file


def shrink(scale=4, name="bicubic_downsample", **options):
    return parts.parse("degradations", {"name": name, "scale": scale, **options})


def chain(*steps):
    return parts.parse("degradations", {"name": "chain", "steps": list(steps)})


NOISY = ({"name": "bicubic_downsample"}, {"name": "gaussian_noise", "level": 20})


def suite_of(files, **changes):
    damages = {"plain": shrink(), "noisy": chain(*NOISY)}
    cases = tuple(
        Case(file.name, label, file, sha256_of(file), damage)
        for label, damage in damages.items()
        for file in files
    )
    return dataclasses.replace(Suite(cases, "sr_y", 4), **changes)


def bicubic(scale=4):
    return Contender("bicubic", parts.parse("models", {"name": "bicubic", "scale": scale}))


def trained(folder, change=None):
    """Write a tiny checkpoint and enter it."""
    params = parts.parse("models", SMALL)
    torch.manual_seed(0)
    network = parts.build("models", params)
    if change:
        with torch.no_grad():
            change(network)
    folder.mkdir(parents=True)
    checkpoint.save(folder, network, {"model": params.model_dump(mode="json")})
    return benchmark.contender_from("tiny", folder)


def test_a_report_has_a_row_a_case_and_a_mean_a_slice(place, pictures):
    outcome = measure(bicubic(), suite_of(pictures), workplace=place)
    report, rows = outcome.record, read_table(outcome.record, place)
    assert list(rows.columns) == ["image", "slice", "width", "height", "psnr_db", "ssim"]
    assert list(zip(rows["image"], rows["slice"], strict=True)) == [
        ("a.png", "plain"),
        ("b.png", "plain"),
        ("a.png", "noisy"),
        ("b.png", "noisy"),
    ]
    assert list(rows["width"]) == [40, 32, 40, 32]  # cropped to multiples of the scale
    assert list(rows["height"]) == [32, 32, 32, 32]
    assert report.num_images == 4
    for metric in ("psnr_db", "ssim"):
        assert report.mean[metric] == pytest.approx(rows[metric].sum() / 4, rel=1e-12)
        assert report.slices["noisy"][metric] == pytest.approx(rows[metric][2:].sum() / 2)
    assert list(report.slices) == ["plain", "noisy"]
    assert report.slices["noisy"]["psnr_db"] < report.slices["plain"]["psnr_db"]


def test_a_report_says_how_it_was_measured(place, pictures):
    suite = suite_of(pictures)
    report = measure(bicubic(), suite, workplace=place).record
    assert (report.label, report.protocol) == ("bicubic", "sr_y:x4:crop4")
    assert report.benchmark_digest == suite.digest
    assert report.weights_sha256 == ""
    assert report.cost.num_parameters == 0


def test_the_number_is_that_of_the_protocol_by_hand(place):
    """A grey plane: what is left of it is the rounding of a constant, 1 of 255 levels."""
    place.data.mkdir()
    file = place.data / "plane.png"
    Image.new("L", (24, 24), 100).save(file)
    Image.new("L", (6, 6), 101).save(place.data / "lq.png")
    found = [Found(file, "test", place.data / "lq.png")]
    outcome = measure(bicubic(), folder_suite(found, "sr_y", scale=4), workplace=place)
    assert outcome.record.mean["psnr_db"] == pytest.approx(20 * math.log10(255), abs=1e-9)
    assert list(outcome.record.slices) == ["own pairs"]


def test_a_perfect_picture_has_an_infinite_psnr_that_is_kept(place):
    place.data.mkdir()
    Image.new("L", (24, 24), 100).save(place.data / "gt.png")
    found = [Found(place.data / "gt.png", "test")]
    suite = folder_suite(found, "sr_y", scale=4, degradation=shrink())
    for reused in (False, True):
        outcome = measure(bicubic(), suite, workplace=place)
        assert outcome.reused == reused
        assert outcome.record.mean["psnr_db"] == math.inf


def test_the_same_measurement_is_reused(place, pictures):
    first = measure(bicubic(), suite_of(pictures), workplace=place)
    again = measure(bicubic(), suite_of(pictures), workplace=place)
    assert (first.reused, again.reused) == (False, True)
    assert again.record == first.record


def test_progress_is_told_once_a_row(place, pictures):
    told = []
    measure(bicubic(), suite_of(pictures), workplace=place, progress=lambda *w: told.append(w))
    assert told[-1] == (4, 4, "bicubic: b.png")
    assert [words[0] for words in told] == [1, 2, 3, 4]


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
        read.update(benchmark_digests(modules))
        return dict(read)

    benchmark_digests = benchmark.source_digests
    monkeypatch.setattr(benchmark, "source_digests", watched)
    before = suite_of(pictures).digest
    for module in (
        "components.benchmark",
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
            benchmark, "source_digests", lambda modules, m=module: watched(modules) | {m: "edited"}
        )
        assert suite_of(pictures).digest != before


def test_neither_order_nor_company_changes_a_number(place, pictures):
    suite = suite_of(pictures)
    backwards = suite_of(pictures, cases=suite.cases[::-1])
    alone = suite_of(pictures, cases=suite.cases[2:3])
    key = ["image", "slice"]
    tables = [
        read_table(measure(bicubic(), s, workplace=place).record, place).set_index(key)
        for s in (suite, backwards, alone)
    ]
    for index, row in tables[0].iterrows():
        assert row.equals(tables[1].loc[index])
    assert tables[0].loc[[("a.png", "noisy")]].equals(tables[2])


def test_two_pictures_get_different_noise(pictures):
    twin = pictures[0].with_name("twin.png")
    Image.open(pictures[0]).save(twin, compress_level=0)
    case = suite_of([pictures[0]]).cases[1]
    lq = benchmark._images(case, 4, "cpu")[0]
    other = dataclasses.replace(case, gt=twin, sha256=sha256_of(twin))
    assert not torch.equal(lq, benchmark._images(other, 4, "cpu")[0])


def test_a_checkpoint_is_measured_under_its_weights(place, pictures, tmp_path):
    entry = trained(tmp_path / "run")
    report = measure(entry, suite_of(pictures), workplace=place).record
    assert report.weights_sha256 == sha256_of(tmp_path / "run" / "weights.safetensors")
    assert report.cost.num_parameters > 0
    # An untrained network of this kind is bicubic enlargement.
    plain = measure(bicubic(), suite_of(pictures), workplace=place).record
    assert report.mean["psnr_db"] == pytest.approx(plain.mean["psnr_db"], abs=1e-3)


def test_other_weights_of_one_model_are_measured_anew(place, pictures, tmp_path):
    suite = suite_of(pictures)
    first = measure(trained(tmp_path / "run"), suite, workplace=place).record
    other = trained(tmp_path / "other", change=lambda n: n.trunk.tail.bias.fill_(0.1))
    second = measure(other, suite, workplace=place)
    assert not second.reused
    assert second.record.mean["psnr_db"] < first.mean["psnr_db"]


def test_a_model_that_gives_nan_is_refused_by_the_case(place, pictures, tmp_path):
    entry = trained(tmp_path / "run", change=lambda n: n.trunk.tail.bias.fill_(math.nan))
    with pytest.raises(PairError, match=r"a\.png under plain: restored holds NaN or Inf"):
        measure(entry, suite_of(pictures), workplace=place)
    assert not list(place.store.root.rglob("record.json"))


def test_a_model_of_another_scale_is_refused(place, pictures):
    with pytest.raises(ProtocolError, match="bicubic has scale 2, the suite 4"):
        measure(bicubic(scale=2), suite_of(pictures), workplace=place)


def test_a_degraded_picture_of_the_wrong_size_is_refused(place, pictures, tmp_path):
    lq = draw(tmp_path / "lq.png", 9, 10, wave=9)
    suite = folder_suite([Found(pictures[0], "test", lq)], "sr_y", scale=4)
    with pytest.raises(PairError, match=r"a\.png under own pairs: .*\(1, 3, 36, 40\)"):
        measure(bicubic(), suite, workplace=place)


def test_a_picture_smaller_than_the_scale_is_refused(place):
    place.data.mkdir()
    file = draw(place.data / "dot.png", 3, 20, wave=3)
    with pytest.raises(PictureError, match=r"dot\.png under plain: .*4 pixels"):
        measure(bicubic(), suite_of([file]), workplace=place)


def test_a_damaged_picture_is_named(place, pictures):
    suite = suite_of(pictures)
    pictures[1].write_bytes(pictures[1].read_bytes()[:-60])
    with pytest.raises(PictureError, match=r"b\.png cannot be read as a picture"):
        measure(bicubic(), suite, workplace=place)


def test_a_network_without_weights_is_refused(place, pictures):
    entry = Contender("kdsr", parts.parse("models", SMALL))
    with pytest.raises(CheckpointError, match="kdsr: kdsr has to be trained first"):
        measure(entry, suite_of(pictures), workplace=place)


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"model\.json: cannot be read"):
        benchmark.contender_from("x", tmp_path)
    text = '{"model": {"name": "kdrs"}, "weights_sha256": ""}'
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"no part 'kdrs' in models .*; did you mean 'kdsr'"):
        benchmark.contender_from("x", tmp_path)


def test_pictures_without_mates_need_a_degradation(pictures):
    found = [Found(file, "test") for file in pictures]
    with pytest.raises(ProtocolError, match="2 of 2 pictures have no degraded mate"):
        folder_suite(found, "sr_y", scale=4)
    cases = folder_suite(found, "sr_y", scale=4, degradation=shrink()).cases
    assert [case.slice for case in cases] == ["bicubic_downsample"] * 2


def test_a_suite_without_pictures_is_refused():
    with pytest.raises(ProtocolError, match="at least one picture"):
        folder_suite([], "sr_y", scale=4)


def test_pictures_of_one_name_in_two_folders_keep_apart(place):
    for night in ("first", "second"):
        (place.data / night).mkdir(parents=True)
        draw(place.data / night / "a.png", 24, 24, wave=len(night))
    found = [Found(file, "test") for file in sorted(place.data.rglob("*.png"))]
    suite = folder_suite(found, "sr_y", scale=4, degradation=shrink())
    assert [case.image for case in suite.cases] == ["first/a.png", "second/a.png"]


def held_out(place, files, degradations):
    rows = [
        (file.name, split, 1, sha256_of(file), 8, 8, False, 8, None)
        for file, split in zip(files, ("train", "test"), strict=True)
    ]
    folder = place.store.root / "dataset" / "0"
    folder.mkdir(parents=True)
    write_rows(folder / FILE, [dict(zip(COLUMNS, row, strict=True)) for row in rows])
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
    return benchmark.held_out(manifest, recipe, place)


def test_the_suite_of_a_run_is_every_test_picture_under_every_damage(place, pictures):
    damages = {"one": shrink(), "two": chain(*NOISY)}
    suite = held_out(place, pictures, damages)
    assert [(c.image, c.slice) for c in suite.cases] == [("b.png", "one"), ("b.png", "two")]
    assert (suite.scale, suite.protocol) == (4, "sr_y")


def test_a_suite_has_one_scale(place, pictures):
    with pytest.raises(ProtocolError, match=r"one suite has one scale, .* \[2, 4\]"):
        held_out(place, pictures, {"one": shrink(2), "two": shrink(4)})


def test_pictures_to_look_at_are_of_one_size_and_in_turn_of_every_slice(pictures, tmp_path):
    shown = benchmark.show([bicubic(), trained(tmp_path / "run")], suite_of(pictures))
    assert {(s.image, s.slice) for s in shown} == {("a.png", "plain"), ("b.png", "noisy")}
    for case in shown:
        assert list(case.views) == ["degraded", "bicubic", "tiny", "truth"]
        assert len({view.shape for view in case.views.values()}) == 1
    first = np.asarray(Image.open(pictures[0]))
    truth = next(s.views["truth"] for s in shown if s.image == "a.png")
    assert np.array_equal(truth, first)
