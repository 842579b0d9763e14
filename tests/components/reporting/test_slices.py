"""The heat map: gains in their slice, and colours in proportion."""

import pytest

from components.reporting import slices
from components.reporting.findings import Findings
from tests.sample_run import FACTS, but


def with_slices(label: str, **psnr_db: float):
    report = next(r for r in FACTS.reports if r.label == label)
    return report.model_copy(
        update={"slices": {name: {"psnr_db": value} for name, value in psnr_db.items()}}
    )


def rows_of(*reports):
    return slices.view(Findings(but(reports=reports)))


def test_gains_are_counted_within_the_slice_and_coloured_by_the_largest():
    blur, noise = rows_of(
        with_slices("student", blur=32.0, noise=27.0), with_slices("bicubic", blur=30.0, noise=28.0)
    )
    assert (blur.name, noise.name) == ("blur", "noise")
    assert (blur.cells[0].gain_db, blur.cells[0].share) == (2.0, 1.0)
    assert (noise.cells[0].gain_db, noise.cells[0].share) == (-1.0, -0.5)
    assert (blur.cells[1].gain_db, blur.cells[1].share) == (None, 0.0)


def test_the_best_is_marked_among_those_that_may_be_released():
    (row,) = rows_of(
        with_slices("teacher", blur=34.0),
        with_slices("student", blur=32.0),
        with_slices("student alone", blur=31.0),
        with_slices("bicubic", blur=33.0),
    )
    assert [cell.is_best for cell in row.cells] == [False, True, False, False]


def test_a_slice_that_a_model_lacks_is_empty():
    (_, noise) = rows_of(
        with_slices("student", blur=32.0), with_slices("bicubic", blur=30.0, noise=28.0)
    )
    assert (noise.cells[0].psnr_db, noise.cells[0].gain_db) == (None, None)


@pytest.mark.parametrize("reference", [30.0, float("inf")])
def test_equal_models_have_no_colour(reference: float):
    (row,) = rows_of(with_slices("student", blur=reference), with_slices("bicubic", blur=reference))
    assert row.cells[0].share == 0.0
