"""Metrics beside a protocol's own: weights from files, a column each, and what makes them others."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from components import benchmark, parts
from components.backbones import stacks
from components.benchmark import Case, Contender, Suite
from components.benchmarking import columns
from components.config import SuiteParams
from components.errors import CheckpointError, PairError
from components.parts import PartParams
from components.store import Store, Workplace, sha256_of

CHANNELS = (64, 192, 384, 256, 256)  # of AlexNet's layers


@pytest.fixture(scope="module")
def lpips(tmp_path_factory):
    """LPIPS with weights that nobody trained, laid out as the published files."""
    folder = tmp_path_factory.mktemp("published")
    torch.manual_seed(0)
    heads = {f"lin{n}.model.1.weight": torch.ones(1, c, 1, 1) for n, c in enumerate(CHANNELS)}
    return {
        "name": "lpips",
        "backbone": published(folder / "alexnet.pth", stacks.alexnet().state_dict()),
        "heads": published(folder / "alex.pth", heads),
    }


def published(file, state):
    torch.save(state, file)
    return {"source": str(file), "sha256": sha256_of(file)}


def described(*metrics, protocol="sr_rgb"):
    block = {"folder": "Set", "pictures": 1, "protocol": protocol, "scale": 4}
    return SuiteParams.model_validate(block | {"metrics": list(metrics)})


@pytest.fixture
def suite(tmp_path):
    y, x = np.mgrid[:64, :72]
    file = tmp_path / "a.png"
    Image.fromarray(np.uint8(np.stack([y * 3, x * 3, (x ^ y) * 3], 2) % 256)).save(file)
    damage = parts.configure("degradations", {"name": "bicubic_downsample", "scale": 4})
    return Suite((Case("a.png", "plain", file, sha256_of(file), damage),), "sr_rgb", 4)


@pytest.fixture
def place(tmp_path):
    return Workplace(Store(tmp_path / "work"), tmp_path)


def bicubic():
    return Contender("bicubic", parts.configure("models", {"name": "bicubic", "scale": 4}))


def test_metrics_beside_the_protocols_are_columns_of_the_report(suite, place, lpips):
    beside = described("gmsd", lpips).metrics
    report = benchmark.measure(
        bicubic(), dataclasses.replace(suite, beside=beside), workplace=place
    ).record
    plain = benchmark.measure(bicubic(), suite, workplace=place).record
    assert list(report.mean) == ["psnr_db", "ssim", "gmsd", "lpips"]
    assert report.mean["lpips"] > 0
    assert {name: report.mean[name] for name in plain.mean} == plain.mean
    assert report.benchmark_digest != plain.benchmark_digest


def test_a_metric_is_that_of_its_parameters(lpips):
    (params,) = described(lpips).metrics
    image = torch.rand(1, 3, 40, 40, dtype=torch.float64)
    ours = columns.built([params])["lpips"].measure(image, image.flip(-1))
    direct = parts.build("metrics", parts.parse("metrics", lpips)).measure(image, image.flip(-1))
    assert torch.equal(ours, direct)


def test_a_metric_that_the_protocol_has_is_measured_once():
    names = columns.measured("sr_y", [PartParams(name="ssim"), PartParams(name="gmsd")])
    assert list(names) == ["psnr", "ssim", "gmsd"]


def test_weights_count_by_their_digest_and_not_by_their_place(suite, lpips, tmp_path):
    moved = tmp_path / "elsewhere.pth"
    shutil.copyfile(lpips["heads"]["source"], moved)
    digest = lpips["heads"]["sha256"]
    digests = [
        dataclasses.replace(suite, beside=described(lpips | {"heads": heads}).metrics).digest
        for heads in (
            lpips["heads"],
            {"source": str(moved), "sha256": digest},
            {"source": str(moved), "sha256": digest[::-1]},
        )
    ]
    assert digests[0] == digests[1] != digests[2]


def test_weights_that_are_not_there_are_said_before_a_picture_is_read(suite, place, lpips):
    gone = lpips | {"heads": {"source": "/nowhere/alex.pth", "sha256": "df73285e"}}
    suite.cases[0].gt.write_bytes(b"no picture")
    suite = dataclasses.replace(suite, beside=described(gone).metrics)
    with pytest.raises(CheckpointError, match=r"/nowhere/alex\.pth: no such file of published"):
        benchmark.measure(bicubic(), suite, workplace=place)


def test_a_metric_of_colour_refuses_a_protocol_that_shows_luma(suite, place, lpips):
    suite = dataclasses.replace(suite, protocol="sr_y", beside=described(lpips).metrics)
    with pytest.raises(PairError, match=r"a\.png under plain: LPIPS needs RGB"):
        benchmark.measure(bicubic(), suite, workplace=place)


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        (["gmsdd"], "no part 'gmsdd' in metrics .* did you mean 'gmsd'"),
        (["ssim"], "the protocol's own need no mention; twice are ssim"),
        (["gmsd", "gmsd"], "twice are gmsd"),
        ([{"name": "gmsd", "width": 3}], "unknown key"),
        (["lpips"], "(?s)backbone.*Field required.*heads.*Field required"),
        ([3], "needs a mapping with a key 'name', one of dists, gmsd, lpips"),
        ([{"name": "niqe", "pristine": {"source": "p.npz"}}], "needs a sha256"),
    ],
)
def test_metrics_that_cannot_be_are_refused(metrics, reason):
    with pytest.raises(ValueError, match=reason):
        described(*metrics)
