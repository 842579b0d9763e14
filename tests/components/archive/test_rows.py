"""Where rows are found: a work folder, a run in MLflow, nowhere; and a damaged file."""

import pandas as pd
import pytest

from components.archive.records import Measurement
from components.archive.rows import Rows
from components.errors import StoreError
from components.store import Store
from tests import past
from tests.past import B2, S1, S2


def test_rows_come_from_the_work_folder(world, archive):
    found = Rows(*world).of(archive.measurements[S1, B2])
    pd.testing.assert_frame_equal(found, past.rows(S1, B2))


@pytest.mark.parametrize("known", ["archive", "bare"])
def test_rows_of_a_folder_that_is_gone_come_from_the_run(world, known, request, tmp_path):
    rows = Rows(world[0], Store(tmp_path))
    found = rows.of(request.getfixturevalue(known).measurements[S2, B2])
    pd.testing.assert_frame_equal(found, past.rows(S2, B2))


def test_rows_that_are_nowhere_are_none(world, archive, tmp_path):
    rows = Rows(world[0], Store(tmp_path))
    assert rows.of(archive.measurements[S1, B2]) is None
    run_id = archive.versions[0].run_id
    assert rows.of(Measurement("w", "unheard of", "b", run_id=run_id)) is None


def test_a_damaged_file_is_named(world, tmp_path):
    file = tmp_path / "benchmark/1/images.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no rows")
    with pytest.raises(StoreError, match=r"images\.parquet: cannot be read as rows of a benchmark"):
        Rows(world[0], Store(tmp_path)).of(Measurement("w", "l", "b", folder="benchmark/1"))
