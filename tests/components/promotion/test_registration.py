"""Storing a candidate as a version, and what is no candidate."""

import dataclasses
import json

import pytest

from components import registry
from components.config import RegistryParams
from components.errors import CheckpointError, RegistryError
from components.promotion import registration
from components.promotion.promote import promote
from components.tracking import GC, Facts, RunName
from components.training import checkpoint
from tests.candidates import TINY, candidate


@pytest.fixture
def run_id(local, model):
    return local.record(RunName(model, "way", model), Facts())


@pytest.fixture
def student(run_id, tmp_path):
    return candidate(tmp_path / "student", run_id)


@pytest.fixture
def version(local, model, student):
    registry.make(model, local)
    number = registration.register(model, student, local)
    return registry.version(model, number, local)


def test_a_version_says_what_it_is(version, student, run_id):
    assert version.run_id == run_id
    assert version.tags == {
        "weights_sha256": student.checkpoint.sha256,
        "recipe": "kdsr",
        "data_digest": "d.dir",
        "benchmark_digest": "b",
        "protocol": "sr_y",
        "mean.psnr_db": "31.25",
        "verdict": "better",
        "cost.num_parameters": "1",
        "cost.giga_macs": "1.0",
        "cost.latency_ms": "1.0",
        "device": "cpu",
    }


def test_it_holds_checkpoint_golden_pictures_and_code_without_bytecode(local, version):
    folder = registry.folder_of(version, local)
    names = {file.name for file in (folder / "artifacts").rglob("*") if file.is_file()}
    assert names == {checkpoint.WEIGHTS, checkpoint.MODEL, "golden.safetensors"}
    assert (folder / "code/components/training/checkpoint.py").is_file()
    assert list(folder.rglob("__pycache__")) == []


def test_no_champion_comes_of_it(local, model, version):
    assert registry.alias(model, local) is None


def test_weights_that_are_registered_keep_their_version(local, model, version, student):
    assert registration.register(model, student, local) == str(version.version)


def test_weights_whose_files_were_removed_are_no_version(local, model, version, student):
    with local.asking() as client:
        client.set_model_version_tag(model, version.version, GC, "2026-01-01T00:00:00+00:00")
    assert registration.find(model, student.checkpoint.sha256, local) is None


def refused(student, model, local, *, rule, error=RegistryError):
    with pytest.raises(error, match=rule):
        promote(student, RegistryParams(model_name=model), tracking=local)
    with pytest.raises(RegistryError, match=f"no model '{model}'"):
        registry.require(model, local)


def test_only_what_was_measured_is_a_candidate(local, model, student):
    other = student.report.model_copy(update={"weights_sha256": "0" * 64})
    student = dataclasses.replace(student, report=other)
    refused(student, model, local, rule="holds weights .* measured 000000000000")


def test_only_what_passed_is_a_candidate(local, model, student):
    rejected = student.verdict.model_copy(update={"passed": False, "reasons": ("0.1 dB worse",)})
    student = dataclasses.replace(student, verdict=rejected)
    refused(student, model, local, rule="did not pass the gate: 0.1 dB worse")


def test_a_model_that_needs_the_ground_truth_is_no_candidate(local, model, run_id, tmp_path):
    teacher = candidate(tmp_path, run_id, model=TINY.model_copy(update={"privileged": True}))
    refused(teacher, model, local, rule="needs the ground truth")


def test_damaged_weights_are_no_candidate(local, model, student):
    weights = student.folder / checkpoint.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    refused(student, model, local, rule="sha256", error=CheckpointError)


def test_a_checkpoint_of_other_words_is_no_candidate(local, model, student):
    file = student.folder / checkpoint.MODEL
    file.write_text(json.dumps({"weights_sha256": "0" * 64}))
    refused(student, model, local, rule=r"lacks \['model'\]", error=CheckpointError)
