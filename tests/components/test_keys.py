"""Content keys: what changes a number changes the key, and nothing else does."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import components
from components import keys, parts
from components.config import load_params
from components.errors import PartError
from components.keys import digest_of, make_key, parts_of, source_digests
from components.parts import PartParams, Strict

ROOT = Path(__file__).resolve().parents[2]

KEY_OF_A_TEACHER = """
import json
from components.keys import make_key
parts = ["components.recipes.kdsr", "components.models.kdsr"]
key = make_key("teacher", parts=parts, parameters={"seed": 0}, inputs={"dataset": "d"})
print(json.dumps([key.digest, sorted(key.modules)]))
"""


class Step(PartParams):
    name: str = "step"
    inner: PartParams | None = None


class Nested(Strict):
    step: PartParams


class Whole(PartParams):
    name: str = "whole"
    read: tuple[PartParams, ...] = ()
    by_label: dict[str, PartParams] | None = None
    nested: Nested | None = None
    other: Nested | None = None


def key(**changes):
    words = {"parts": [], "parameters": {"seed": 0}, "inputs": {"dataset": "d"}} | changes
    return make_key("gate", **words)


@pytest.fixture
def forget():
    """Let the next digest read sources anew, as a new process would."""

    def forget():
        keys._sources.cache_clear()
        keys._read.cache_clear()

    yield forget
    forget()


@pytest.fixture
def orchard(tmp_path, monkeypatch, forget):
    """Make a package that can be edited; its name is new each time, as imports are remembered."""
    name = f"orchard_{tmp_path.name.replace('-', '_')}"
    monkeypatch.syspath_prepend(tmp_path)
    return Orchard(tmp_path / name, forget)


class Orchard:
    def __init__(self, folder, forget):
        self.folder, self.forget = folder, forget

    def write(self, **modules):
        for name, text in modules.items():
            file = self.folder / f"{name.replace('__in__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("ORCHARD", self.folder.name))
        for folder in (self.folder, *(path for path in self.folder.rglob("*") if path.is_dir())):
            (folder / "__init__.py").touch()

    def digest(self, module="tree"):
        self.forget()
        return source_digests([f"{self.folder.name}.{module}"])

    def modules(self, module="tree"):
        prefix = f"{self.folder.name}."
        return {name.removeprefix(prefix) for name in self.digest(module)} - {self.folder.name}


@pytest.fixture(scope="module")
def teacher_key(tmp_path_factory):
    """Name a teacher in a fresh process, from a copy of `components` with one file edited."""
    copy = tmp_path_factory.mktemp("checkout") / "components"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(components.__file__).parent, copy, ignore=ignored)

    def teacher_key(file="", edit=str):
        if file:
            original = (copy / file).read_text()
            assert edit(original) != original
            (copy / file).write_text(edit(original))
        # -P: neither the working directory nor the script's folder is looked through first.
        run = [sys.executable, "-P", "-c", KEY_OF_A_TEACHER]
        environment = {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
        if file:
            (copy / file).write_text(original)
        assert not done.returncode, done.stderr
        return json.loads(done.stdout)

    return teacher_key


@pytest.fixture(scope="module")
def unedited(teacher_key):
    return teacher_key()


def test_an_edited_helper_far_away_changes_the_key(teacher_key, unedited):
    digest, modules = unedited
    # teacher -> training.session -> training.pairs -> images -> png16
    assert {
        "components.training.session",
        "components.pictures.images",
        "components.pictures.png16",
    } <= set(modules)
    assert teacher_key("pictures/png16.py", lambda text: f"{text}\nNEW = 1\n")[0] != digest
    assert teacher_key()[0] == digest


def test_an_edited_part_of_a_bin_changes_the_key(teacher_key, unedited):
    def steeper(text):
        return text.replace("_SLOPE = 0.1", "_SLOPE = 0.2")

    assert teacher_key("models/kdsr.py", steeper)[0] != unedited[0]


def test_comments_docstrings_and_format_leave_the_key_alone(teacher_key, unedited):
    def reworded(text):
        assert '"""' in text
        return "# A comment.\n\n" + text.replace('"""', '"""Reworded. ', 1).replace(" = ", "  =  ")

    assert teacher_key("pictures/resize.py", reworded) == unedited


def test_an_unrelated_module_leaves_the_key_alone(teacher_key, unedited):
    assert "components.gate" not in unedited[1]
    assert teacher_key("gate.py", lambda text: f"{text}\nNEW = 1\n") == unedited


@pytest.mark.parametrize(
    "statement",
    [
        "import ORCHARD.leaf",
        "import ORCHARD.leaf as green",
        "from ORCHARD import leaf",
        "from ORCHARD import root, leaf as green",
        "from ORCHARD.leaf import colour",
        "from ORCHARD.leaf import *",
        "from . import leaf",
        "from .leaf import colour",
        "from .leaf import (\n    colour,\n)",
        "def late():\n    from ORCHARD.leaf import colour",
        "class Late:\n    from ORCHARD import leaf",
        "if True:\n    try:\n        import ORCHARD.leaf\n    except ImportError:\n        pass",
    ],
)
def test_every_form_of_import_is_followed(orchard, statement):
    orchard.write(tree=statement, leaf="colour = 1", root="deep = 1", stone="weight = 1")
    assert "leaf" in orchard.modules()
    assert "stone" not in orchard.modules()


def test_imports_are_followed_through_modules_and_circles(orchard):
    orchard.write(tree="from ORCHARD import a", a="from . import b", b="from . import c, tree")
    orchard.write(c="number = 1")
    before = orchard.digest()
    assert orchard.modules() == {"tree", "a", "b", "c"}
    orchard.write(c="number = 2")
    assert orchard.digest() != before


def test_the_packages_that_hold_a_module_are_read_too(orchard):
    orchard.write(tree="import ORCHARD.crown.twig", crown__in__twig="from .. import root")
    orchard.write(root="deep = 1")
    assert orchard.modules() == {"tree", "crown", "crown.twig", "root"}
    before = orchard.digest()
    orchard.write(crown__in____init__="from .bud import *", crown__in__bud="opened = True")
    assert orchard.digest() != before
    assert "crown.bud" in orchard.modules()


def test_a_package_resolves_its_own_relative_imports(orchard):
    orchard.write(crown__in____init__="from . import bud\nfrom .bud import opened")
    orchard.write(crown__in__bud="opened = True", bud="another = 1")
    assert orchard.modules("crown") == {"crown", "crown.bud"}


def test_libraries_are_not_read(orchard):
    orchard.write(tree="import json, numpy\nfrom pathlib import Path")
    assert orchard.modules() == {"tree"}


TREE = '''
"""A tree."""
height = 3  # metres

def grow(years: int) -> int:
    """Grow."""
    return height + years

class Leaf:
    """A leaf."""
    colour: str = "green"
    """Until autumn."""
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A tree.", "One tree."),
        ('"""A tree."""\n', ""),
        ("  # metres", ""),
        ("Grow.", "Grow by a metre a year.\n\n    Args:\n        years: Since it was planted."),
        ("A leaf.", "A leaf of it."),
        ("Until autumn.", "In spring."),
        ("height + years", "(height\n            + years)"),
        ("height = 3", "height=3"),
        ('"green"', "'green'"),
    ],
)
def test_words_for_readers_do_not_count(orchard, old, new):
    assert old in TREE
    orchard.write(tree=TREE)
    before = orchard.digest()
    orchard.write(tree=TREE.replace(old, new))
    assert orchard.digest() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("height = 3", "height = 3.0"),
        ("height + years", "years + height"),
        ('"green"', '"red"'),
        ("years: int", "years: float"),
        ("def grow", "@staticmethod\ndef grow"),
    ],
)
def test_words_for_the_machine_count(orchard, old, new):
    assert old in TREE
    orchard.write(tree=TREE)
    before = orchard.digest()
    orchard.write(tree=TREE.replace(old, new))
    assert orchard.digest() != before


def test_a_process_names_the_code_that_it_started_with(orchard):
    orchard.write(tree="from . import leaf", leaf="colour = 1")
    before = orchard.digest("leaf")
    orchard.write(tree="from . import leaf\nnew = 1", leaf="colour = 2")
    at_start = source_digests([f"{orchard.folder.name}.tree"])
    assert at_start[f"{orchard.folder.name}.leaf"] == before[f"{orchard.folder.name}.leaf"]
    assert orchard.digest("tree") != at_start


def test_a_module_without_source_is_refused():
    with pytest.raises(PartError, match=r"components\.nowhere: its source cannot be found"):
        make_key("nowhere", parts=[], parameters={}, inputs={})
    with pytest.raises(PartError, match="math: its source"):
        key(parts=["math"])


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": ["components.models.bicubic"]},
        {"parameters": {"seed": 1}},
        {"parameters": {"seed": 0, "more": None}},
        {"parameters": {"seed": 0.0}},
        {"inputs": {"dataset": "e"}},
        {"inputs": {"teacher": "d"}},
        {"inputs": {}},
    ],
)
def test_every_ingredient_changes_the_key(changes):
    assert key(**changes).digest != key().digest


def test_the_version_of_a_library_changes_the_key(monkeypatch):
    before = key()
    assert set(before.versions) == {"python", "torch", "numpy", "pillow"}
    monkeypatch.setattr(keys, "version", lambda _: "0.0")
    assert key().digest != before.digest


def test_the_station_is_part_of_the_key():
    assert "components.gate" in key().modules


def test_the_order_of_parts_and_inputs_does_not_count():
    ours = ["components.models.kdsr", "components.models.bicubic"]
    forth = key(parts=ours, inputs={"a": "1", "b": "2"}, parameters={"x": 1, "y": 2})
    back = key(parts=ours[::-1], inputs={"b": "2", "a": "1"}, parameters={"y": 2, "x": 1})
    assert forth == back


def test_a_key_is_json_and_back():
    made = key(parameters={"pair": (1, 2.5), "nothing": None})
    assert keys.Key.model_validate_json(made.model_dump_json()) == made


def test_digests_of_json_do_not_depend_on_the_order_of_keys():
    assert digest_of({"a": 1, "b": [1.5]}) == digest_of({"b": [1.5], "a": 1})
    assert digest_of([1, 2]) != digest_of([2, 1])
    assert digest_of({"a": 1}) != digest_of({"a": "1"})


def test_parts_are_found_at_any_depth():
    step = parts.parse("degradations", {"name": "quantise"})
    blur = parts.parse("degradations", {"name": "gaussian_blur"})
    noise = parts.parse("degradations", {"name": "gaussian_noise"})
    whole = Whole(read=(step,), by_label={"x": Step(inner=blur)}, nested=Nested(step=noise))
    assert parts_of(whole) == [
        "components.degradations.gaussian_blur",
        "components.degradations.gaussian_noise",
        "components.degradations.quantise",
        __name__,
    ]


def test_parts_that_a_station_does_not_read_are_left_out():
    step = parts.parse("degradations", {"name": "quantise"})
    blur = parts.parse("degradations", {"name": "gaussian_blur"})
    whole = Whole(nested=Nested(step=step), other=Nested(step=blur))
    found = parts_of(whole, unread={"other"})
    assert found == ["components.degradations.quantise", __name__]


def test_all_parts_of_a_recipe_are_found():
    recipe = load_params(ROOT / "params.yaml").recipes["kdsr"]
    found = parts_of(recipe, unread={"benchmark"})
    assert {"components.recipes.kdsr", "components.models.kdsr"} <= set(found)
    steps = {f"components.degradations.{step.name}" for step in recipe.degradation.steps}
    assert steps | {"components.degradations.chain"} <= set(found)


def test_a_part_from_elsewhere_brings_its_own_modules(orchard):
    orchard.write(tree="from . import leaf", leaf="from components.pictures import resize")
    orchard.forget()
    modules = key(parts=[f"{orchard.folder.name}.tree"]).modules
    assert {f"{orchard.folder.name}.leaf", "components.pictures.resize"} <= set(modules)
