"""Station 4: rows, slices and means; what is refused; and bicubic on Set5 and Set14 where they are."""

import dataclasses
import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from components import benchmark, parts
from components.benchmark import Case, Contender, Suite, folder_suite, measure, read_table
from components.benchmarking import asked, contenders
from components.config import load_params
from components.errors import CheckpointError, ConfigError, PairError, PictureError, ProtocolError
from components.pictures.resize import resize
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
    assert list(rows.columns) == [
        *("image", "slice", "width", "height", "psnr_db", "ssim", "num_clipped")
    ]
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
    suite = folder_suite(found, "sr_y", scale=4, degradations={"bicubic": shrink()})
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
    with pytest.raises(
        PictureError, match=r"dot\.png under plain: sr_y:x4:crop4 leaves nothing of .* 3x20"
    ):
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


def test_pictures_to_look_at_are_of_one_size_and_in_turn_of_every_slice(pictures, tmp_path):
    shown = benchmark.show([bicubic(), trained(tmp_path / "run")], suite_of(pictures))
    assert {(s.image, s.slice) for s in shown} == {("a.png", "plain"), ("b.png", "noisy")}
    for case in shown:
        assert list(case.views) == ["degraded", "bicubic", "tiny", "truth"]
        assert len({view.shape for view in case.views.values()}) == 1
    first = np.asarray(Image.open(pictures[0]))
    truth = next(s.views["truth"] for s in shown if s.image == "a.png")
    assert np.array_equal(truth, first)


OWN = """
import torch

def loud(lq):
    return torch.stack([lq[:, 0] + 2, lq[:, 1] - 2, lq[:, 2]], dim=1)

def small(lq):
    return lq[..., 1:]

def broken(lq):
    return torch.where(lq[:, :, :1, :1] > 0.9, torch.nan, lq)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Enter functions of a module of the user's own."""
    (tmp_path / "own_models.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name: contenders.callable_contender(f"own_models:{name}", 1)


def pairs_of(files):
    found = [Found(file, "test", file) for file in files]
    return folder_suite(found, "deblur_rgb", scale=1)


def test_a_function_of_ones_own_is_measured_and_never_reused(place, pictures, own):
    suite = pairs_of(pictures)
    outcomes = [measure(own("loud"), suite, workplace=place) for _ in range(2)]
    assert not any(outcome.reused for outcome in outcomes)
    report = outcomes[0].record
    assert report.label == "own_models:loud"
    assert math.isfinite(report.mean["psnr_db"])


def test_values_out_of_range_are_counted(place, pictures, own):
    outcome = measure(own("loud"), pairs_of(pictures), workplace=place)
    rows = read_table(outcome.record, place)
    # Two of three channels lie beyond [0, 1] everywhere.
    assert list(rows["num_clipped"]) == [2 * 32 * 40, 2 * 35 * 33]
    assert outcome.record.num_clipped == 2 * (32 * 40 + 35 * 33)


def test_a_function_that_gives_another_size_is_refused(place, pictures, own):
    reason = r"a\.png under own pairs: own_models:small must give \(1, 3, 32, 40\), it gave"
    with pytest.raises(PairError, match=reason):
        measure(own("small"), pairs_of(pictures), workplace=place)


def test_the_one_picture_of_a_batch_that_becomes_nan_is_named(place, own, monkeypatch):
    monkeypatch.setattr(benchmark, "_BATCH_PIXELS", {"cpu": 10**9})
    place.data.mkdir()
    for name, level in (("a", 90), ("b", 250), ("c", 30)):
        Image.new("RGB", (24, 24), (level,) * 3).save(place.data / f"{name}.png")
    suite = pairs_of(sorted(place.data.glob("*.png")))
    with pytest.raises(PairError, match=r"^b\.png under own pairs: restored holds NaN or Inf"):
        measure(own("broken"), suite, workplace=place)


def test_batches_change_no_number_beyond_rounding(place, pictures, tmp_path, monkeypatch):
    pictures.append(draw(place.data / "c.png", 32, 40, wave=7))
    suite, entry = suite_of(pictures), trained(tmp_path / "run")
    tables = []
    for number, pixels in enumerate((1, 10**9)):
        monkeypatch.setattr(benchmark, "_BATCH_PIXELS", {"cpu": pixels})
        store = Workplace(Store(tmp_path / str(number)), place.data)
        tables.append(read_table(measure(entry, suite, workplace=store).record, store))
    assert list(tables[0]["image"]) == list(tables[1]["image"])
    for metric in ("psnr_db", "ssim"):
        assert (tables[0][metric] - tables[1][metric]).abs().max() < 1e-3


def test_a_report_says_how_many_rows_there_should_be(place, pictures):
    suite = suite_of(pictures, expected=6)
    report = measure(bicubic(), suite, workplace=place).record
    assert (report.num_images, report.expected_images) == (4, 6)


@pytest.mark.parametrize(
    "device", ["gpu", "cuda:99", "cuda" if not torch.cuda.is_available() else "x"]
)
def test_a_device_that_is_not_there_is_refused(place, pictures, device):
    with pytest.raises(ConfigError, match=f"no device '{device}' on this machine .*cpu"):
        measure(bicubic(), suite_of(pictures), workplace=place, device=device)


def test_half_precision_on_a_cpu_is_refused(place, pictures):
    with pytest.raises(ConfigError, match="half precision needs a cuda device"):
        measure(bicubic(), suite_of(pictures, half=True), workplace=place)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("set5-widths-x4", [28.42, 27.30, 25.12, 23.40]),
        ("set14-widths-x4", [26.00, 25.24, 23.83, 22.57]),
    ],
)
def test_bicubic_under_blurs_of_known_widths(name, printed, place):
    """Golden: what CDFormer's table prints for bicubic, and the blur of SciPy with PSNR in NumPy.

    The column without blur is the literature's, where a border is left out; it is another protocol's.
    """
    folder = os.environ.get("RESTILL_DATASETS")
    if not folder:
        pytest.skip("RESTILL_DATASETS does not name a folder that holds Set5 and Set14")
    params = load_params(Path(__file__).parents[2] / "params.yaml").suites[name]
    suite = asked.named_suite(name, params, Path(folder))
    report = measure(bicubic(), suite, workplace=place).record
    assert report.num_images == report.expected_images
    found = [values["psnr_db"] for values in report.slices.values()]
    assert found[1:] == pytest.approx(printed[1:], abs=0.011)
    by_hand = [by_numpy(suite, width) for width in (0.0, 1.2, 2.4, 3.6)]
    assert found == pytest.approx(by_hand, abs=0.002)


def by_numpy(suite, width):
    """Measure bicubic on all pictures of a suite under one width."""
    weights = np.array([65.481, 128.553, 24.966]) / 255
    values = []
    for file in dict.fromkeys(case.gt for case in suite.cases):
        gt = np.asarray(Image.open(file), dtype=np.float64)
        gt = np.stack([gt] * 3, 2) if gt.ndim == 2 else gt
        blurred = gt
        for axis in (0, 1) if width else ():
            blurred = ndimage.gaussian_filter1d(blurred, width, axis, mode="constant", radius=10)
        height, columns = gt.shape[:2]
        small = np.round(np.clip(resized(blurred, height // 4, columns // 4), 0, 255))
        restored = np.round(np.clip(resized(small, height, columns), 0, 255))
        error = (restored - gt) @ weights
        values.append(-10 * np.log10((error**2).mean() / 255**2))
    return np.mean(values)


def resized(image, height, width):
    batch = torch.from_numpy(np.moveaxis(image, 2, 0).copy())[None]
    return np.moveaxis(resize(batch, height, width)[0].numpy(), 0, 2)
