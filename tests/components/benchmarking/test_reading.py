"""Reading ahead: batches of one size, numbers that do not depend on them, and errors by name."""

import dataclasses
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from components import parts
from components.benchmarking import reading
from components.benchmarking.reading import batches, read_case
from components.benchmarking.suites import Case, Suite, folder_suite
from components.errors import PairError, PictureError, ProtocolError
from components.pictures import images
from components.sources import Found
from components.store import sha256_of

SIZES = {"a": (24, 32), "b": (32, 24), "c": (24, 32), "d": (24, 32)}


def draw(file, height, width):
    noise = np.random.default_rng(len(file.name) + height).integers(0, 256, (height, width, 3))
    Image.fromarray(noise.astype(np.uint8)).save(file)
    return file


@pytest.fixture
def pictures(tmp_path):
    return [draw(tmp_path / f"{name}.png", *size) for name, size in SIZES.items()]


def damages():
    shrink = {"name": "bicubic_downsample"}
    noise = {"name": "gaussian_noise", "level": 20}
    chains = {"plain": [shrink], "noisy": [shrink, noise]}
    return {
        name: parts.configure("degradations", {"name": "chain", "steps": steps})
        for name, steps in chains.items()
    }


def suite_of(files):
    found = [Found(file, "test") for file in files]
    return folder_suite(found, "sr_y", scale=4, degradations=damages())


def read(suite, pixels=1, readers=1):
    return list(batches(suite, device="cpu", pixels=pixels, readers=readers))


def test_every_case_is_read_once(pictures):
    suite = suite_of(pictures)
    numbers = [number for batch in read(suite) for number in batch.numbers]
    assert sorted(numbers) == list(range(8))
    for batch in read(suite):
        assert batch.cases == tuple(suite.cases[number] for number in batch.numbers)


@pytest.mark.parametrize(
    ("pixels", "sizes"),
    [(1, [1] * 8), (2 * 24 * 32, [2] * 4), (4 * 24 * 32, [4, 2, 2]), (10**9, [6, 2])],
)
def test_a_batch_holds_pictures_of_one_size_as_many_as_fit(pictures, pixels, sizes):
    found = read(suite_of(pictures), pixels)
    assert [len(batch.cases) for batch in found] == sizes
    for batch in found:
        assert batch.gt.shape[0] == batch.lq.shape[0] == len(batch.numbers)
        assert batch.lq.shape[-1] * 4 == batch.gt.shape[-1]


def test_neither_batch_nor_order_nor_readers_change_a_picture(pictures):
    suite = suite_of(pictures)
    backwards = dataclasses.replace(suite, cases=suite.cases[::-1])
    seen = {}
    for found in (read(suite), read(suite, 10**9, 4), read(backwards, 4 * 24 * 32)):
        for batch in found:
            for place, case in enumerate(batch.cases):
                pair = batch.lq[place], batch.gt[place]
                first = seen.setdefault((case.image, case.slice), pair)
                assert all(map(torch.equal, first, pair))
    assert len(seen) == 8


def test_a_case_alone_is_read_as_in_company(pictures):
    suite = suite_of(pictures)
    alone = read_case(suite.cases[5], suite)
    together = next(batch for batch in read(suite) if batch.numbers == (5,))
    assert torch.equal(alone.lq, together.lq)


def test_two_pictures_get_different_noise(pictures):
    twin = pictures[0].with_name("twin.png")
    Image.open(pictures[0]).save(twin, compress_level=0)
    suite = suite_of([pictures[0], twin])
    assert sha256_of(twin) != sha256_of(pictures[0])
    noisy = [read_case(case, suite).lq for case in suite.cases if case.slice == "noisy"]
    assert not torch.equal(*noisy)


def test_a_picture_is_decoded_once_for_all_its_slices_and_not_by_the_caller(pictures, monkeypatch):
    read_file, seen = images.read, []

    def watched(file):
        seen.append((file, threading.current_thread()))
        return read_file(file)

    monkeypatch.setattr(images, "read", watched)
    read(suite_of(pictures))
    assert sorted(file for file, _ in seen) == pictures
    assert threading.main_thread() not in {thread for _, thread in seen}


def test_grey_and_colour_are_not_in_one_batch(pictures):
    Image.open(pictures[0]).convert("L").save(pictures[0])
    assert [(batch.grey, len(batch.cases)) for batch in read(suite_of(pictures), 10**9)] == [
        (True, 2),
        (False, 4),
        (False, 2),
    ]


def test_many_mates_of_one_picture_are_all_read(pictures, tmp_path):
    mates = [draw(tmp_path / f"a_{n}.png", 24, 32) for n in range(19)]
    suite = folder_suite([Found(pictures[0], "test", mate) for mate in mates], "ffa", scale=1)
    found = read(suite, 10**9)
    assert sorted(case.image for batch in found for case in batch.cases) == sorted(
        mate.name for mate in mates
    )


def test_the_protocol_crops_and_cuts_before_the_model_sees_anything(tmp_path):
    file = draw(tmp_path / "odd.png", 37, 50)
    noise = parts.configure("degradations", {"name": "gaussian_noise", "level": 50})
    found = [Found(file, "test")]
    suite = folder_suite(found, "all_in_one_rgb16", scale=1, degradations={"50": noise})
    batch = read(suite)[0]
    assert batch.lq.shape == batch.gt.shape == (1, 3, 32, 48)
    levels = batch.lq * 255
    assert (levels - levels.round()).abs().max() < 1e-4
    assert batch.lq.min() == 0
    assert batch.lq.max() == 1


def test_a_damaged_picture_is_named_with_its_slice(pictures):
    suite = suite_of(pictures)
    pictures[1].write_bytes(pictures[1].read_bytes()[:-60])
    with pytest.raises(PictureError, match=r"b\.png under plain: .*b\.png cannot be read"):
        read(suite)


def test_a_mate_larger_than_its_ground_truth_is_named(pictures, tmp_path):
    lq = draw(tmp_path / "lq.png", 30, 40)
    suite = folder_suite([Found(pictures[0], "test", lq)], "ffa", scale=1)
    with pytest.raises(
        PairError, match=r"a\.png under own pairs: the ground truth must be at least"
    ):
        read(suite)


def test_a_case_with_neither_mate_nor_damage_is_refused(pictures):
    case = Case("a", "none", pictures[0], sha256_of(pictures[0]))
    with pytest.raises(ProtocolError, match="it has neither"):
        read(Suite((case,), "sr_y", 4))


def test_reading_stops_when_nobody_asks_on(pictures):
    found = batches(suite_of(pictures), device="cpu", pixels=1, readers=2)
    next(found)
    found.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPoolExecutor")]


def test_results_come_in_order_and_only_a_few_ahead():
    started, gate = [], threading.Event()

    def work(job):
        started.append(job)
        gate.wait(5)
        return job

    ahead = reading._ahead(work, iter(range(20)), 2)
    gate.set()
    assert next(ahead) == 0
    assert len(started) <= 4
    assert list(ahead) == list(range(1, 20))
