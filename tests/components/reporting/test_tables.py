"""Rows of the tables: what is marked best, and what stands where nothing was measured."""

from pathlib import PurePosixPath

import pandas as pd

from components.artifacts import BenchmarkReport, Cost
from components.reporting.tables import Score, Slice, best_of, by_slice, releasable, scores


def report(label: str, psnr_db: float, weights: str = "ab", **slices: float) -> BenchmarkReport:
    return BenchmarkReport(
        folder=PurePosixPath("benchmark/0"),
        label=label,
        protocol="sr_y:x4:crop4",
        benchmark_digest="0",
        num_images=1,
        mean={"psnr_db": psnr_db},
        slices={name: {"psnr_db": value} for name, value in slices.items()},
        cost=Cost(num_parameters=0, giga_macs=0.0, latency_ms=0.0, device="CPU"),
        weights_sha256=weights,
    )


TEACHER = report("teacher", 32.0, blur=33.0, noise=31.0)
STUDENT = report("student", 31.0, blur=32.0)
ALONE = report("student alone", 30.5, blur=32.5, noise=28.5)
BICUBIC = report("bicubic", 31.5, weights="", blur=34.0, noise=29.0)
ALL = (TEACHER, STUDENT, ALONE, BICUBIC)


def test_neither_the_teacher_nor_a_model_without_weights_is_the_best_to_release():
    able = releasable(ALL, {"teacher"})
    assert able == [STUDENT, ALONE]
    assert best_of(able) is STUDENT


def test_of_nothing_nothing_is_best():
    assert best_of([]) is None


def test_slices_keep_their_order_and_mark_the_best_of_the_candidates():
    assert by_slice(ALL, [STUDENT, ALONE]) == [
        Slice("blur", (33.0, 32.0, 32.5, 34.0), best=32.5),
        Slice("noise", (31.0, None, 28.5, 29.0), best=28.5),
    ]


def test_a_slice_without_candidates_has_no_best():
    assert by_slice([BICUBIC], []) == [
        Slice("blur", (34.0,), best=None),
        Slice("noise", (29.0,), best=None),
    ]


def test_scores_are_looked_up_by_picture_and_slice():
    table = pd.DataFrame(
        {"image": ["a", "a"], "slice": ["x", "y"], "psnr_db": [30.0, 31.0], "ssim": [0.8, 0.9]}
    )
    found = scores({"student": table, "old": table.drop(columns="ssim")}, "a", "y")
    assert found == {"student": Score(31.0, 0.9), "old": Score(31.0, None)}
    assert scores({"student": table}, "b", "y") == {}
