"""What cannot be compared, each with its sentence."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from components.judging.evidence import CEILING_DB, Measured, faults
from tests.measured import measured

STUDENT = measured([30.0, 31.0, 32.0])
BEFORE = measured([29.0, 30.0, 31.0], label="before")


def spoilt(column, value, *, row=1):
    """Put a value into the table of the model before, and its mean into the report."""
    rows = BEFORE.rows.astype({column: object} if isinstance(value, str) else {})
    rows.loc[row, column] = value
    mean = BEFORE.report.mean
    if not isinstance(value, str) and column in mean:
        mean = mean | {column: float(rows[column].mean())}
    return Measured(BEFORE.report.model_copy(update={"mean": mean}), rows)


def without(other, *numbers):
    """Drop rows of a table, and count the rest in the report."""
    rows = other.rows.drop(list(numbers))
    said = {"num_images": len(rows), "mean": {m: float(rows[m].mean()) for m in other.report.mean}}
    return Measured(other.report.model_copy(update=said), rows)


def named_otherwise(other, column, name):
    rows = other.rows.copy()
    rows.loc[1, column] = name
    return Measured(other.report, rows)


def test_what_was_measured_alike_has_no_fault():
    assert faults(STUDENT, [BEFORE]) == []
    shuffled = dataclasses.replace(BEFORE, rows=BEFORE.rows.sample(frac=1, random_state=0))
    assert faults(STUDENT, [shuffled]) == []
    assert list(STUDENT.over(shuffled).unique()) == [1.0]


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            measured([29.0] * 3, label="before", benchmark_digest="c" * 64),
            "before was measured on benchmark cccccccccccc, student on bbbbbbbbbbbb",
        ),
        (without(BEFORE, 1), "before lacks picture '1.png' in slice 'blur', which student has"),
        (
            without(BEFORE, 1, 2, 3),
            "before lacks picture '1.png' in slice 'blur' and 2 more, which student has",
        ),
        (
            measured([29.0] * 4, label="before"),
            "student lacks picture '3.png' in slice 'blur' and 1 more, which before has",
        ),
        (
            named_otherwise(BEFORE, "slice", "fog"),
            "student lacks picture '1.png' in slice 'fog', which before has",
        ),
        (
            named_otherwise(BEFORE, "image", "0.png"),
            "before has picture '0.png' in slice 'blur' twice",
        ),
        (
            measured([29.0] * 3, label="before", expected_images=8),
            "before has 6 of the suite's 8 rows",
        ),
        (
            measured([29.0] * 3, label="before", num_images=5),
            "before has a table of 6 rows, its report is of 5",
        ),
        (
            Measured(BEFORE.report, BEFORE.rows.drop(columns="ssim")),
            "before has a table without ssim",
        ),
        (
            Measured(BEFORE.report, BEFORE.rows.drop(columns=["slice", "psnr_db"])),
            "before has a table without slice, psnr_db",
        ),
        (
            measured([29.0] * 3, label="before", metrics={"gmsd": [0.1] * 3}),
            "before was measured in gmsd, psnr_db, student in psnr_db, ssim",
        ),
        (
            measured([29.0] * 3, label="before", mean={"ssim": 0.8}),
            "before was not measured in psnr_db",
        ),
        (
            measured([29.0] * 3, label="before", mean={"psnr_db": 29.5, "ssim": 0.8}),
            "before has a mean psnr_db of 29.5, its rows of 29.0",
        ),
        (
            measured([29.0] * 3, label="before", mean={"psnr_db": math.nan, "ssim": 0.8}),
            "before has a mean psnr_db of nan, its rows of 29.0",
        ),
        (
            spoilt("psnr_db", math.nan),
            "before has a psnr_db of nan for picture '1.png' in slice 'blur'",
        ),
        (
            spoilt("psnr_db", -math.inf),
            "before has a psnr_db of -inf for picture '1.png' in slice 'blur'",
        ),
        (
            spoilt("ssim", math.inf, row=4),
            "before has a ssim of inf for picture '1.png' in slice 'noise'",
        ),
        (
            spoilt("psnr_db", "good"),
            "before has a psnr_db of good for picture '1.png' in slice 'blur'",
        ),
    ],
)
def test_every_fault_has_its_sentence(other, sentence):
    assert sentence in faults(STUDENT, [other])


@pytest.mark.parametrize("rows", [pd.DataFrame(), BEFORE.rows.iloc[:0]])
def test_a_table_without_rows_is_a_fault(rows):
    assert "before has a table of 0 rows, its report is of 6" in faults(
        STUDENT, [Measured(BEFORE.report, rows)]
    )


def test_faults_of_the_candidate_are_found_too():
    assert faults(measured([30.0] * 3, expected_images=7), []) == [
        "student has 6 of the suite's 7 rows"
    ]


def test_an_exact_restoration_counts_as_sixty_decibels():
    exact = measured([math.inf, 31.0, 75.0])
    assert faults(exact, [BEFORE]) == []
    assert list(exact.over(BEFORE)[:3]) == [CEILING_DB - 29, 1.0, CEILING_DB - 31]
    assert list(exact.over(exact)) == [0.0] * 6
    assert pytest.approx(58.92, abs=0.005) == 10 * np.log10(12 * 255**2)


def test_of_a_metric_that_falls_less_is_more():
    ours = measured([30.0], metrics={"gmsd": [0.1]}, lower_is_better={"gmsd"})
    theirs = measured([30.0], metrics={"gmsd": [0.3]}, lower_is_better={"gmsd"})
    assert ours.over(theirs, "gmsd").tolist() == pytest.approx([0.2, 0.2])
