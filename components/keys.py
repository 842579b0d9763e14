"""Content keys: a step's name for what it would make, before it makes it.

Key = digest of (the parameters the station reads + the keys of its inputs + the seed + the source of
its module, of the parts it uses and of every project module these import, directly or not + the
versions of the libraries that move numbers). Comments, docstrings and formatting are left out.

A process reads sources once, for it runs the code that it started with: an edit during a training
counts from the next process on.
"""

import ast
import hashlib
import importlib.util
import json
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from components.errors import PartError
from components.parts import PartParams, Strict

PACKAGE = "components"
LIBRARIES = ("torch", "numpy", "pillow")
"""Libraries whose version can move a number: arithmetic, and the decoding of pictures."""


class Key(Strict):
    """A content key with its ingredients, so that a later run can say which one changed."""

    station: str
    digest: str
    parameters: dict[str, Any]
    inputs: dict[str, str]
    modules: dict[str, str]
    versions: dict[str, str]


def make_key(
    station: str,
    *,
    parts: Iterable[str],
    parameters: dict[str, Any],
    inputs: dict[str, str],
) -> Key:
    """Name the result of a step.

    Args:
        station: Module name in `components`, such as `teacher`.
        parts: Modules of the parts that the parameters name, as `parts_of` gives them; they are
            loaded by name, so no import statement leads to them.
        parameters: All that the station reads from the parameter file, JSON values only.
        inputs: name -> digest of every input.

    Raises:
        PartError: a module's source cannot be found.
    """
    ingredients: dict[str, Any] = {
        "parameters": json.loads(json.dumps(parameters)),
        "inputs": dict(sorted(inputs.items())),
        "modules": source_digests([f"{PACKAGE}.{station}", *parts]),
        "versions": {"python": ".".join(platform.python_version_tuple()[:2])}
        | {name: version(name) for name in LIBRARIES},
    }
    return Key(station=station, digest=digest_of(ingredients)[:32], **ingredients)


def parts_of(*params: PartParams, unread: Iterable[str] = ()) -> list[str]:
    """Name the modules of all parts that parameters mention, at any depth.

    Args:
        params: The parameters.
        unread: Their keys that the station does not read, with all that is under them.

    Returns:
        Such as `components.recipes.kdsr`, sorted; of a part from elsewhere, its own module.
    """
    skipped = frozenset(unread)
    return sorted({module for block in params for module in _modules(block, skipped)})


def _modules(value: object, unread: frozenset[str] = frozenset()) -> Iterator[str]:
    if isinstance(value, PartParams):
        yield type(value).__module__
    if isinstance(value, Strict):
        children = [child for name, child in value if name not in unread]
    elif isinstance(value, dict | list | tuple):
        children = list(value.values() if isinstance(value, dict) else value)
    else:
        return
    for child in children:
        yield from _modules(child)


def digest_of(value: object) -> str:
    """sha256 of a JSON value in one canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def source_digests(modules: Iterable[str]) -> dict[str, str]:
    """Digest the code of modules and of every project module that they import.

    Args:
        modules: Full names. Besides our package, the packages of these count as the project.

    Returns:
        Module name -> sha256 of its syntax tree without docstrings, sorted by name.

    Raises:
        PartError: the source of one of `modules` cannot be found.
    """
    waiting = list(modules)
    project = {PACKAGE} | {name.partition(".")[0] for name in waiting}
    for name in waiting:
        if name not in _sources(name.partition(".")[0]):
            raise PartError(f"{name}: its source cannot be found, so its results have no key")
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if name in found or top not in project or name not in _sources(top):
            continue  # done already, of a library, or a function of a module
        found[name], imports = _read(name)
        waiting += imports
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class _Source:
    """A module's text, and the package that its relative imports start from."""

    text: bytes
    package: str


@cache
def _sources(top: str) -> dict[str, _Source]:
    """Read every module of a package, or the one module of that name; empty without sources."""
    spec = importlib.util.find_spec(top)
    if spec is None:
        return {}
    sources = {}
    for folder in map(Path, spec.submodule_search_locations or []):
        for file in folder.rglob("*.py"):
            parts = (top, *file.relative_to(folder).with_suffix("").parts)
            package = ".".join(parts[:-1])
            name = package if parts[-1] == "__init__" else ".".join(parts)
            sources[name] = _Source(file.read_bytes(), package)
    if not sources and spec.origin and spec.origin.endswith(".py"):
        sources[top] = _Source(Path(spec.origin).read_bytes(), package="")
    return sources


@cache
def _read(name: str) -> tuple[str, tuple[str, ...]]:
    source = _sources(name.partition(".")[0])[name]
    tree = ast.parse(source.text)
    imports = (*_parents(name), *_imports(source.package, tree))
    for node in ast.walk(tree):
        _drop_docstring(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imports


def _parents(name: str) -> Iterator[str]:
    """Yield the packages that hold a module: their `__init__` runs before it."""
    words = name.split(".")
    yield from (".".join(words[:n]) for n in range(1, len(words)))


def _imports(package: str, tree: ast.Module) -> Iterator[str]:
    """Yield all that import statements name: modules, and things that may be modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            module = importlib.util.resolve_name(origin, package)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _drop_docstring(node: ast.AST) -> None:
    """Remove bare strings, which do nothing: docstrings, also those under attributes."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        node.body = [child for child in node.body if not _is_bare_string(child)]


def _is_bare_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
