"""The tree is what it claims to be."""

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

import components
import flows
from components.parts import BINS

ROOT = Path(__file__).resolve().parents[1]

# Components that talk to MLflow, and the one that a release carries with it.
WITH_MLFLOW = {
    f"components.{name}"
    for name in (
        "tracking",
        "registry",
        "released_model",
        "upkeep.census",
        "reproduction.origin",
        "reproduction.reproduce",
    )
}

BY_EXAMPLES = {"formats.py"}  # its docstrings' examples are its tests

# Tests of a whole bin, or of a part against its paper.
WHOLE_BINS = {
    "test_recipes",
    "test_sources",
    "test_metrics",
    "test_protocols",
    "test_degradations",
    "test_kdsr_paper",
}

# Whose packages work on the registry.
REGISTRYS_OWN = ("components.archive.", "components.promotion.")

IMPORT_ALONE = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"prefect", "mlflow", "dvc"}:
            raise ImportError(f"{name} is not on this machine")

sys.meta_path.insert(0, Blocker())
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


def shown():
    """Read the README's tree: folder -> names under it; the top is the empty string."""
    text = (ROOT / "README.md").read_text().split("## The tree\n", 1)[1]
    block = re.search(r"```text\n\.\n(.*?)```", text, re.DOTALL)[1]
    tree, folder = {"": set()}, ""
    for line in block.splitlines():
        indent, words = re.fullmatch(r"((?:│   |    )*)[├└]── (.*)", line).groups()
        chunks = re.split(r"\s{2,}", words)
        if not indent:
            folder = chunks[0].rstrip("/")
            tree[""].add(chunks[0])
        else:
            tree.setdefault(folder, set()).update(names_in(chunks))
    return tree


def names_in(chunks):
    """Yield the files and folders that a line starts with; what it says of them comes after."""
    for chunk in chunks:
        if not re.fullmatch(r"[\w.-]+(\.py|/)", chunk):
            return
        yield chunk


def on_disk(folder=""):
    """List what a folder of the checkout holds, without what is hidden or ignored by git."""
    ignored = GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text().splitlines())
    entries = {entry.name + "/" * entry.is_dir() for entry in (ROOT / folder).iterdir()}
    prefix = f"{folder}/" if folder else ""
    return {e for e in entries if not e.startswith(".") and not ignored.match_file(prefix + e)}


def modules():
    files = sorted((ROOT / "components").rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def test_the_top_of_the_readmes_tree_is_the_disk():
    assert shown()[""] == on_disk() - {"data/"}


@pytest.mark.parametrize("folder", ["flows", "components"])
def test_the_readmes_tree_lists_every_file_of_a_package(folder):
    files = {name for name in on_disk(folder) if name.endswith((".py", "/"))}
    assert shown()[folder] == files - {"__init__.py"}


def test_imports_come_from_this_repository():
    for package in (flows, components):
        assert Path(package.__file__).is_relative_to(ROOT)


def test_nobody_else_owns_our_import_names():
    owners = importlib.metadata.packages_distributions()
    for name in ("flows", "components"):
        assert set(owners.get(name, [])) <= {"restill"}


@pytest.mark.parametrize("file", sorted((ROOT / "flows").glob("[!_]*.py")), ids=lambda f: f.name)
def test_no_flow_file_hides_another_module(file):
    # Prefect puts flows/ first on sys.path when a flow is started by the path of its file.
    assert file.stem not in sys.stdlib_module_names
    spec = importlib.util.find_spec(file.stem)
    assert spec is None, spec.origin


@pytest.mark.parametrize("bin_", BINS)
def test_every_part_says_on_its_first_line_what_it_is(bin_):
    files = sorted((ROOT / "components" / bin_).glob("[!_]*.py"))
    assert files
    for file in files:
        first = (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]
        assert first.endswith((".", ":")), f"{file}: {first!r}"


def test_every_component_has_its_tests():
    folder = ROOT / "components"
    lacking = [
        str(file)
        for file in folder.rglob("[!_]*.py")
        if file.name not in BY_EXAMPLES
        and not (
            ROOT / "tests/components" / file.relative_to(folder).parent / f"test_{file.name}"
        ).exists()
    ]
    assert not lacking


def test_every_test_of_a_component_has_its_component():
    tests = ROOT / "tests" / "components"
    for file in tests.rglob("test_*.py"):
        place = ROOT / "components" / file.relative_to(tests).parent
        named = place / file.name.removeprefix("test_")
        assert named.exists() or file.stem in WHOLE_BINS, file


def test_components_import_without_prefect_mlflow_and_dvc():
    alone = [n for n in modules() if n not in WITH_MLFLOW and not n.startswith(REGISTRYS_OWN)]
    assert {"components.teacher", "components.student", "components.benchmark"} <= set(alone)
    command = [sys.executable, "-c", IMPORT_ALONE, *alone]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_the_components_for_mlflow_need_it():
    command = [sys.executable, "-c", IMPORT_ALONE, "components.tracking"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "mlflow is not on this machine" in done.stderr
