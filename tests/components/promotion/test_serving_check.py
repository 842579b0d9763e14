"""A release in a clean process, and every way in which one may be no good."""

import pytest
from safetensors.numpy import load_file, save_file

from components import registry
from components.errors import RegistryError
from components.promotion import registration
from components.promotion.serving_check import require_serving
from components.tracking import Facts, RunName
from components.training import checkpoint
from tests.candidates import candidate

MODEL = "served"


@pytest.fixture
def released(local, tmp_path):
    """Register networks; return their numbers and folders."""
    registry.make(MODEL, local)

    def register(*, seed=0, spoil=None):
        run_id = local.record(RunName(MODEL, "way", f"{tmp_path}"), Facts())
        student = candidate(tmp_path / f"{seed}", run_id, seed=seed, spoil=spoil)
        number = registration.register(MODEL, student, local)
        return number, registry.folder_of(registry.version(MODEL, number, local), local)

    return register


def reason(number, local):
    with pytest.raises(RegistryError) as caught:
        require_serving(MODEL, number, local)
    return str(caught.value)


def test_a_release_that_works_passes_and_leaves_no_bytecode(released, local):
    number, folder = released()
    require_serving(MODEL, number, local)
    assert list(folder.rglob("__pycache__")) == []


def test_a_release_from_before_golden_pictures_only_has_to_work(released, local):
    number, folder = released(seed=1)
    (folder / "artifacts/golden.safetensors").unlink()
    require_serving(MODEL, number, local)


def test_values_that_are_not_finite_are_found(released, local):
    number, _ = released(seed=2, spoil=float("nan"))
    said = reason(number, local)
    assert "champion stays: golden picture" in said
    assert said.endswith("values that are not finite")


def test_code_that_restores_otherwise_than_when_it_was_made_is_found(released, local):
    number, folder = released(seed=3)
    code = folder / "code/components/inference.py"
    # A tile is put one pixel aside: what only a picture of more than one tile can show.
    text, given = code.read_text(), "given[..., inner.rows, inner.columns]"
    assert given in text
    code.write_text(text.replace(given, f"{given}.roll(1, -1)"))
    said = reason(number, local)
    assert "golden picture 'one pixel more than a tile': differs by 0." in said


def test_a_dependency_that_is_not_there_is_named(released, local):
    number, folder = released(seed=4)
    code = folder / "code/components/inference.py"
    code.write_text("import no_such_package\n" + code.read_text())
    assert "No module named 'no_such_package'" in reason(number, local)


def test_weights_with_one_wrong_bit_are_found_before_any_process_starts(released, local):
    number, folder = released(seed=5)
    weights = folder / "artifacts/checkpoint" / checkpoint.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert reason(number, local).endswith("weights.safetensors is missing or damaged (sha256)")


def test_a_level_of_eight_bits_is_told_from_none(released, local):
    number, folder = released(seed=6)
    file = folder / "artifacts/golden.safetensors"
    golden = load_file(file)
    golden["grey.restored"][0, 0, 0, 0] += 1 / 255
    save_file(golden, file, metadata={"grey": "0"})
    assert "golden picture 'grey': differs by 0.0039" in reason(number, local)
