"""Rebuild a student from its ingredients: the code, the data and the parameters of a run.

The code of the commit runs, in a process of its own; of this program's code it meets none.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import TrainingError, VersionError
from components.versioning import git, versions
from components.versioning.tree import tree_digest

PARAMS = "params.yaml"

# All that it asks of a commit, however old, is its stations 1 to 3.
_STATIONS = """
import json, sys, time
from pathlib import Path
import torch
import components
from components import dataset, student, teacher
from components.config import load_params
from components.errors import RestorationError
from components.store import Store, Workplace

plan = json.loads(sys.argv[1])
if not Path(components.__file__).is_relative_to(Path(plan["code"])):
    sys.exit(f"the code came from {components.__file__}, not from {plan['code']}")
if plan["threads"]:
    torch.set_num_threads(plan["threads"])

def progress_of(station, last=[time.monotonic()]):
    def progress(done, total, note):
        if done == total or time.monotonic() - last[0] > 5:
            last[0] = time.monotonic()
            print(f"{station} {done}/{total} {note}".rstrip(), flush=True)
    return progress

try:
    params = load_params(Path(plan["params"]))
    given = {"workplace": Workplace(Store(Path(plan["store"])), Path(plan["data"]))}
    manifest = dataset.prepare(params.pictures, progress=progress_of("dataset"), **given).record
    if manifest.data_digest != plan["data_digest"]:
        sys.exit(f"{plan['data']}: is {manifest.data_digest}, not {plan['data_digest']}")
    given["seed"] = params.seed
    words = (manifest, params.chosen)
    taught = teacher.train_teacher(*words, progress=progress_of("teacher"), **given).record
    words = (manifest, taught, params.chosen)
    made = student.distil_student(*words, progress=progress_of("student"), **given).record
except RestorationError as error:
    sys.exit(str(error))
said = {r.label: {"folder": str(r.folder), "weights": r.sha256} for r in (taught, made)}
Path(plan["result"]).write_text(json.dumps(said))
"""


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a student was made of.

    Attributes:
        commit: Of the code.
        patch: What the commit lacked of the code; empty when nothing.
        params: The parameter file in full, the seed included.
        data_digest: The version of the data.
        threads: Of torch; 0 when not known.
    """

    commit: str
    patch: bytes
    params: bytes
    data_digest: str
    threads: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came out.

    Attributes:
        folder: The student's checkpoint.
        weights: teacher, student -> sha256 of the weights.
    """

    folder: Path
    weights: dict[str, str]


def rebuild(
    ingredients: Ingredients,
    folder: Path,
    *,
    root: Path,
    data: Path,
    say: Callable[[str], None],
) -> Rebuilt:
    """Go through stations 1 to 3 again, with nothing that was made before.

    Args:
        ingredients: What the student was made of.
        folder: Becomes a checkout of that code, with a store of its own; what was there is removed.
        root: The checkout whose repository and DVC cache hold the ingredients.
        data: Its pictures, used as they are when they are the version asked for.
        say: Told a line at a time how far the work is.

    Raises:
        VersionError: the commit, the patch or the version of the data cannot be had.
        TrainingError: the code of the commit failed, or its data turned out to be another version;
            the message ends with its last words.
    """
    folder, data = folder.resolve(), data.resolve()
    if folder.exists():
        shutil.rmtree(folder)
    git.export(root, folder, commit=ingredients.commit, patch=ingredients.patch)
    (folder / PARAMS).write_bytes(ingredients.params)
    pictures = _pictures(ingredients.data_digest, folder, root=root, data=data)
    at_hand = pictures.exists()
    store, result = folder / "mlruns" / "work", folder / "mlruns" / "rebuilt.json"
    plan = {
        "code": str(folder),
        "params": str(folder / PARAMS),
        "data": str(pictures),
        "data_digest": ingredients.data_digest,
        "threads": ingredients.threads,
        "store": str(store),
        "result": str(result),
    }
    last_words = _run_stations(folder, plan, say)
    if last_words is not None and not (at_hand or store.exists()):
        raise VersionError(
            f"data version {ingredients.data_digest}: neither {data} nor DVC's cache holds it "
            f"(`dvc fetch --all-commits` may bring it), and it cannot be made: {last_words}"
        )
    if last_words is not None:
        raise TrainingError(f"rebuilding {ingredients.commit[:12]} failed: {last_words}")
    said = json.loads(result.read_text())
    weights = {label: record["weights"] for label, record in said.items()}
    return Rebuilt(store / said["student"]["folder"], weights)


def _pictures(digest: str, folder: Path, *, root: Path, data: Path) -> Path:
    """Find or bring a version of the data; a folder that is not there when nobody holds it.

    The station is asked then, because some sources make their data.
    """
    if data.is_dir() and tree_digest(data) == digest:
        return data
    versions.take_out(root, digest, folder / versions.FOLDER)
    return folder / versions.FOLDER


def _run_stations(folder: Path, plan: dict[str, Any], say: Callable[[str], None]) -> str | None:
    """Run the stations of a checkout; return the last words of a failure, None when all went well."""
    last: deque[str] = deque(["it ended without a word"], maxlen=1)
    with subprocess.Popen(  # noqa: S603 - our own words, no shell
        [sys.executable, "-c", _STATIONS, json.dumps(plan)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            for line in filter(None, map(str.rstrip, process.stdout or ())):
                say(line)
                last.append(line)
        except BaseException:
            process.kill()  # nothing of it is worth a state that it could go on from
            process.wait()
            raise
    return last[0] if process.returncode else None
