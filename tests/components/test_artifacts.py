"""Records: closed, frozen, JSON and back."""

import math
from pathlib import Path, PurePosixPath

import pytest
from pydantic import ValidationError

from components.artifacts import BenchmarkReport, Checkpoint, Cost, Manifest, Verdict, name_of

CHECKPOINT = Checkpoint(
    folder="student/0123",
    label="student",
    recipe="kdsr",
    model={"name": "kdsr", "scale": 4},
    sha256="0" * 64,
    num_parameters=1000,
    data_digest="1.dir",
    seed=0,
    train_seconds=12.34,
    validation=28.456,
)
REPORT = BenchmarkReport(
    folder="benchmark/0123",
    label="bicubic",
    protocol="sr_y:x4:crop4",
    benchmark_digest="b",
    num_images=1,
    mean={"psnr_db": math.inf, "ssim": 1.0},
    slices={"plain": {"psnr_db": math.inf, "ssim": 1.0}},
    cost=Cost(num_parameters=0, giga_macs=0.0, latency_ms=1.0, device="cpu"),
    weights_sha256="",
)
MANIFEST = Manifest(
    folder="dataset/0123", data_digest="1.dir", rows_digest="r", counts={"test": 1}, num_bytes=9
)
VERDICT = Verdict(passed=True, outcome="first", gain_db=None, reasons=("better", "first"))


@pytest.mark.parametrize("record", [CHECKPOINT, REPORT, MANIFEST, VERDICT])
def test_a_record_is_json_and_back(record):
    assert type(record).model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize("record", [CHECKPOINT, REPORT, MANIFEST, VERDICT])
def test_a_record_takes_no_other_key_and_lacks_none(record):
    values = record.model_dump()
    for wrong in (values | {"more": 1}, dict(list(values.items())[1:])):
        with pytest.raises(ValidationError):
            type(record).model_validate(wrong)


def test_a_record_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        MANIFEST.num_bytes = 10


def test_a_number_must_be_finite_except_in_a_report():
    with pytest.raises(ValidationError, match="finite number"):
        Checkpoint.model_validate(CHECKPOINT.model_dump() | {"validation": math.nan})
    assert REPORT.mean["psnr_db"] == math.inf


def test_a_folder_is_named_by_station_and_key():
    assert name_of(Path("/somewhere/work/teacher/0123")) == PurePosixPath("teacher/0123")
    assert MANIFEST.key == "0123"


def test_a_checkpoint_tells_a_table_what_it_is():
    assert CHECKPOINT.facts == {
        "model": "student",
        "parameters": 1000,
        "validation psnr_db": 28.46,
        "seconds": 12.3,
    }
