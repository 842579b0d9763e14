"""The script of the clean process, run as it is run: by its path, apart from the checkout."""

import subprocess
import sys

import pytest

from components import registry
from components.promotion import probe, registration
from components.tracking import Facts, RunName
from tests.candidates import candidate


@pytest.fixture
def folder(local, model, tmp_path):
    run_id = local.record(RunName(model, "way", model), Facts())
    registry.make(model, local)
    number = registration.register(model, candidate(tmp_path / "student", run_id), local)
    return registry.folder_of(registry.version(model, number, local), local)


def probed(*arguments):
    command = [sys.executable, "-I", "-B", probe.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_ends_with_one_line_about_a_release_that_does_not_load(folder):
    (folder / "artifacts/checkpoint/model.json").write_text("{}")
    done = probed(folder)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("lacks ['model', 'weights_sha256']")


def test_code_from_elsewhere_is_no_proof(folder):
    """Without its own code a release is loaded with the installed, which serves nobody else."""
    lines = (folder / "MLmodel").read_text().splitlines()
    (folder / "MLmodel").write_text("\n".join(x for x in lines if x.strip() != "code: code"))
    done = probed(folder)
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert "not from the release" in said or "No module named 'components'" in said
