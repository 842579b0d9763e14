"""Parts: found by name, imported when asked for, ours or from elsewhere; refused by clear words."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import components
from components import parts
from components.degradations import Degradation
from components.errors import PartError
from components.parts import BINS, Block, PartParams, Range, Strict

FOLDER = Path(components.__file__).parent

INVERT = '''
"""Turn light into dark."""
from typing import Literal
from components import degradations
from components.degradations import Degraded
from components.parts import PartParams

class Params(PartParams):
    name: Literal["invert"] = "invert"
    strength: float = 1.0

class Degradation(degradations.Degradation):
    def __init__(self, params):
        self.strength = params.strength

    def __call__(self, image, draws):
        return Degraded(image + self.strength * (1 - 2 * image))
'''


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Install a distribution whose entry points are given, as pip would."""

    def install(entry_points):
        (tmp_path / "elsewhere_invert.py").write_text(INVERT)
        about = tmp_path / "elsewhere-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[restill.degradations]\n{entry_points}\n")
        monkeypatch.syspath_prepend(tmp_path)
        parts._foreign.cache_clear()

    yield install
    sys.modules.pop("elsewhere_invert", None)
    parts._foreign.cache_clear()


class Shelf(Block):
    width: int
    height: int = 1


@pytest.mark.parametrize("bin_", BINS)
def test_the_names_of_a_bin_are_its_files(bin_):
    files = {file.stem for file in (FOLDER / bin_).glob("*.py")} - {"__init__"}
    assert parts.names(bin_) == sorted(files)


def test_listing_a_bin_imports_none_of_its_parts():
    code = (
        "import sys; from components import parts; assert parts.names('losses');"
        "print([name for name in sys.modules if name.startswith('components.losses.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_part_is_refused_with_all_there_are_and_the_nearest():
    known = ", ".join(parts.names("degradations"))
    with pytest.raises(PartError) as caught:
        parts.load("degradations", "quantize")
    assert str(caught.value) == (
        f"no part 'quantize' in degradations (there are: {known}); did you mean 'quantise'?"
    )


def test_a_part_is_built_from_its_parameters():
    params = parts.parse("degradations", {"name": "bicubic_downsample", "scale": 3})
    degradation = parts.build("degradations", params)
    assert isinstance(degradation, Degradation)
    assert degradation.scale == 3


def test_parameters_that_are_parsed_already_are_left_alone():
    params = parts.parse("models", {"name": "bicubic"})
    assert parts.parse("models", params) is params


@pytest.mark.parametrize("raw", [None, "bicubic", ["bicubic"], {}, {"name": 3}, {"scale": 4}])
def test_parameters_without_a_name_are_refused(raw):
    with pytest.raises(
        ValueError, match="needs a mapping with a key 'name', one of .*bicubic, .*kdsr"
    ):
        parts.parse("models", raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"name": "bicubik"}, r"no part 'bicubik' in models \(there are: .*bicubic, .*kdsr, .*\)"),
        ({"name": "bicubic", "scal": 2}, "'bicubic' in models: scal: unknown key; .* 'scale'"),
        ({"name": "bicubic", "scale": 0}, "'bicubic' in models: scale: .* greater than or equal"),
    ],
)
def test_parameters_from_outside_a_file_are_refused_as_a_part_error(raw, message):
    with pytest.raises(PartError, match=message):
        parts.configure("models", raw)


def test_a_part_may_come_from_elsewhere(elsewhere):
    elsewhere("invert = elsewhere_invert")
    assert "invert" in parts.names("degradations")
    params = parts.parse("degradations", {"name": "invert", "strength": 0.5})
    assert parts.build("degradations", params).strength == 0.5


def test_a_part_from_elsewhere_cannot_take_the_name_of_ours(elsewhere):
    elsewhere("quantise = elsewhere_invert")
    with pytest.raises(PartError, match="two parts 'quantise' in degradations: our own, and elsew"):
        parts.load("degradations", "quantise")


@pytest.mark.parametrize(
    ("raw", "pair"), [(2, (2, 2)), (0.5, (0.5, 0.5)), ([0, 4.0], (0, 4.0)), ((1.0, 1.0), (1, 1))]
)
def test_a_range_is_a_pair_or_one_number(raw, pair):
    assert TypeAdapter(Range).validate_python(raw) == pair


@pytest.mark.parametrize("raw", [-1, [2, 1], [1], [1, 2, 3], True, "1", None, [0, "1"]])
def test_a_range_refuses_anything_else(raw):
    with pytest.raises(ValidationError):
        TypeAdapter(Range, config={"strict": True}).validate_python(raw)


def test_a_range_inside_a_part_refuses_nan_and_infinity():
    for bad in (float("nan"), [0, float("inf")]):
        with pytest.raises(PartError, match="finite number"):
            parts.configure("degradations", {"name": "gaussian_noise", "level": bad})


def test_a_record_is_closed_strict_and_frozen():
    class Record(Strict):
        number: int

    for wrong in ({"number": 1, "more": 2}, {"number": True}, {"number": "1"}, {"number": 1.0}):
        with pytest.raises(ValidationError):
            Record.model_validate(wrong)
    record = Record(number=1)
    with pytest.raises(ValidationError, match="frozen"):
        record.number = 2


@pytest.mark.parametrize(
    ("key", "hint"), [("widht", "did you mean 'width'"), ("colour", "there are: width, height")]
)
def test_an_unknown_key_is_answered_with_the_nearest_or_with_all(key, hint):
    with pytest.raises(ValidationError, match=f"unknown key; {hint}"):
        Shelf.model_validate({"width": 1, key: 2})


def test_a_block_reports_every_fault_at_once_and_where():
    class Room(Block):
        shelves: tuple[Shelf, ...]
        part: PartParams

    raw = {"shelves": ({"width": "1", "heigth": 1}, {}), "part": {"name": "a", "nmae": "b"}}
    with pytest.raises(ValidationError) as caught:
        Room.model_validate(raw)
    faults = {error["loc"]: error["msg"] for error in caught.value.errors()}
    assert faults == {
        ("shelves", 0, "width"): "Input should be a valid integer",
        ("shelves", 0, "heigth"): "unknown key; did you mean 'height'?",
        ("shelves", 1, "width"): "Field required",
        ("part", "nmae"): "unknown key; did you mean 'name'?",
    }
