"""Recognise a run of which nothing has changed since, by a look at the files, without opening one.

After a run, size, time and inode of every file that it read or made are written down: parameters, code,
pictures, work, registry, page. While all are as they were, the same run again would reuse every step and
promote nothing, so its last words are said again instead. Whatever cannot be seen this way (a tracking
server elsewhere, parts from outside the repository) is never answered from here.
"""

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from importlib.metadata import entry_points, version
from pathlib import Path

from components.keys import LIBRARIES
from components.parts import BINS
from flows.environment import Checkout

_FILE = "last-run.json"
_CODE = Path(__file__).parents[1]
_CHANGING = {".locks", _FILE, ".marks.json", "versions"}


def remember(checkout: Checkout, params: Path, recipe: str, said: str) -> None:
    """Write down how everything looks after a run, and what the run said."""
    content = {"looks": _looks(checkout, params, recipe), "said": said}
    (checkout.mlruns / _FILE).write_text(json.dumps(content))


def recall(checkout: Checkout, params: Path, recipe: str) -> str | None:
    """Return what the last run said, if nothing has changed since; else None."""
    try:
        content = json.loads((checkout.mlruns / _FILE).read_text())
    except (OSError, ValueError):
        return None
    looks = _looks(checkout, params, recipe)
    return str(content["said"]) if looks is not None and content.get("looks") == looks else None


def _looks(checkout: Checkout, params: Path, recipe: str) -> str | None:
    """Digest the looks of everything; None where a look does not tell."""
    elsewhere = any(entry_points(group=f"restill.{bin_}") for bin_ in BINS)
    if elsewhere or os.environ.get("MLFLOW_TRACKING_URI"):
        return None
    total = hashlib.sha256(f"{params} {recipe} {platform.python_version()}".encode())
    total.update("".join(f"{name} {version(name)} " for name in LIBRARIES).encode())
    folders = (_CODE / "components", _CODE / "flows", checkout.data)
    for line in (
        _look(params),
        _look(checkout.root / "data.dvc"),
        *(line for folder in folders for line in _below(folder, {"__pycache__"})),
        *_below(checkout.mlruns, _CHANGING),
    ):
        total.update(line.encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _below(folder: Path, passed_over: set[str]) -> Iterator[str]:
    """Look at every file of a folder, in a fixed order; names in `passed_over` do not count."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - passed_over)
        for name in sorted(set(files) - passed_over):
            yield _look(Path(parent, name))


def _look(file: Path) -> str:
    try:
        facts = file.stat()
    except OSError:
        return f"{file} is not there\n"
    return f"{file} {facts.st_size} {facts.st_mtime_ns} {facts.st_ino}\n"
