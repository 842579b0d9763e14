"""Real students of a real repository, made again: what is equal, and what is said when it is not."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.reproduction import origin
from components.reproduction.rebuild import Rebuilt
from components.reproduction.reproduce import Reproduction, Site, _judge, reproduce
from components.store import Store, Workplace
from components.tracking import Facts, Tracking
from components.training import checkpoint
from components.versioning.programs import run_git
from components.versioning.versions import commit

ROOT = Path(__file__).parents[3]

RUN = """
import sys
from pathlib import Path
import torch
from components import dataset, student, teacher
from components.versioning import git
from components.reproduction import origin
from components.config import load_params
from components.store import Store, Workplace
from components.tracking import RunName, Tracking

torch.set_num_threads(1)
root = Path.cwd()
params = load_params(root / "params.yaml")
workplace = Workplace(Store(root / "mlruns/work"), root / "data")
code = git.code(root)
manifest = dataset.prepare(params.data, workplace=workplace).record
given = {"seed": params.seed, "workplace": workplace}
taught = teacher.train_teacher(manifest, params.chosen, **given).record
made = student.distil_student(manifest, taught, params.chosen, **given).record
facts = origin.facts(
    root, code=code, params=params, data_digest=manifest.data_digest, trained=[taught, made]
)
print(Tracking(root / "mlruns").record(RunName("kdsr", "retrain", made.key), facts))
"""

# Appended to the module that every seed comes from.
OTHER_SEEDS = """
from components.own_offset import OFFSET
_their_seed = named_seed
def named_seed(seed, name):
    return _their_seed(seed + OFFSET, name)
"""


@dataclass(frozen=True)
class Place(Site):
    """A checkout with runs; all its places are where a run of the program has them."""

    def train(self):
        """Run stations 1 to 3 with the checkout's own code, and record them; return the run's id."""
        done = subprocess.run(
            [sys.executable, "-c", RUN],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def again(self, run_id, *, tags=(), files=()):
        """Record a run like another one, but for some of its facts."""
        names = ("params.yaml", "git.patch")
        theirs = {name: self.tracking.file(run_id, name) for name in names} | dict(files)
        kept = {name: content for name, content in theirs.items() if content is not None}
        facts = Facts(tags=self.tracking.tags(run_id) | dict(tags), files=kept)
        with self.tracking.asking() as client:
            found = client.create_run("0", tags=facts.tags).info.run_id
        self.tracking.add(found, facts)
        return found

    def release(self, run_id):
        """Register a run's student, as far as finding it goes."""
        tags = self.tracking.tags(run_id)
        folder = self.workplace.store.root / tags["restill.student.folder"]
        with self.tracking.asking() as client:
            client.log_artifacts(run_id, str(folder), "release/artifacts/checkpoint")
            client.create_registered_model("tiny")
            source = f"{client.get_run(run_id).info.artifact_uri}/release"
            weights = {"weights_sha256": tags["restill.student.weights"]}
            version = client.create_model_version("tiny", source, run_id, tags=weights)
            client.set_registered_model_alias("tiny", "champion", version.version)

    def program(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", "reproduce", *arguments],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def kept(self):
        """What is left of rebuilt trees, and the verdicts."""
        folder = self.root / ".restill/reproduce"
        return sorted(path.name for path in folder.glob("[!.]*"))


def place_at(root):
    return Place(
        root, Workplace(Store(root / "mlruns/work"), root / "data"), Tracking(root / "mlruns")
    )


@pytest.fixture(scope="module", autouse=True)
def alone(tmp_path_factory):
    """A home of its own, so that nobody's settings take part."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("GIT_", "XDG_", "DVC_", "MLFLOW_")):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory, tiny_data, tiny_recipe):
    """A repository with this project's code, tiny pictures that DVC has recorded, and no run."""
    root = tmp_path_factory.mktemp("checkout").resolve()
    for package in ("components", "flows"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, root / package, ignore=ignored)
    shutil.copytree(tiny_data, root / "data")
    params = {
        "seed": 3,
        "recipe": "kdsr",
        "data": {"source": {"name": "folder"}},
        "recipes": {"kdsr": tiny_recipe.model_dump(mode="json")},
        "gate": {"min_gain_db": 0.05, "min_gain_over_reference_db": 0.1},
        "registry": {"model_name": "tiny"},
    }
    YAML().dump(params, root / "params.yaml")
    (root / ".gitignore").write_text("/data\n/mlruns\n/.restill\n__pycache__/\n")
    (root / "requirements.lock").write_text("torch==2.13.0\n")
    run_git(root, "init", "--quiet", "--initial-branch=main")
    run_git(root, "config", "user.name", "Restill")
    run_git(root, "config", "user.email", "restill@example.org")
    run_git(root, "add", ".")
    run_git(root, "commit", "--quiet", "--message", "Begin")
    commit(root, "Record the pictures")
    return place_at(root)


@pytest.fixture(scope="module")
def clean(place):
    """The run of a clean commit, whose student is the champion."""
    run_id = place.train()
    place.release(run_id)
    return run_id


@pytest.fixture(scope="module")
def dirty(place, clean):
    """The run of code with a changed module and a new one, which are both gone again."""
    draws = place.root / "components/draws.py"
    before = draws.read_text()
    draws.write_text(before + OTHER_SEEDS)
    (place.root / "components/own_offset.py").write_text("OFFSET = 1\n")
    run_id = place.train()
    draws.write_text(before)
    (place.root / "components/own_offset.py").unlink()
    return run_id


def go(place, reference, *, tolerance=1e-6, keep=False):
    lines = []
    done = reproduce(reference, place, tolerance=tolerance, keep=keep, say=lines.append)
    return done, lines


def verdict_on_disk(place, done):
    file = place.root / f".restill/reproduce/{done.commit[:12]}-{done.run_id[:8]}.json"
    return Reproduction.model_validate_json(file.read_text())


def test_the_program_says_that_a_champion_is_equal_and_leaves_the_verdict_only(place, clean):
    done = place.program("tiny@champion")
    assert (done.returncode, done.stderr) == (0, "")
    head = run_git(place.root, "rev-parse", "HEAD")
    sha256 = place.tracking.tags(clean)["restill.student.weights"]
    lines = done.stdout.splitlines()
    assert lines[-1] == f"equal: the weights have sha256 {sha256}"
    assert f"tiny@champion: run {clean}, commit {head[:12]}, data " in done.stdout
    assert any(line.startswith("student 6/6") for line in lines)
    name = f"{head[:12]}-{clean[:8]}"
    assert place.kept == [f"{name}.json"]
    said = json.loads((place.root / f".restill/reproduce/{name}.json").read_text())
    assert (said["verdict"], said["rebuilt"]["student"]) == ("equal", sha256)
    assert run_git(place.root, "status", "--porcelain") == ""
    assert run_git(place.root, "worktree", "list").count("\n") == 0


def test_the_program_ends_with_2_for_what_is_not_there(place, clean):
    done = place.program("tiny/99")
    assert done.returncode == 2
    assert "version=99) not found" in done.stderr


def test_a_student_of_changed_code_is_equal_by_its_patch(place, clean, dirty):
    assert place.tracking.tags(dirty)["restill.git.dirty"] == "yes"
    weights = [place.tracking.tags(run)["restill.student.weights"] for run in (clean, dirty)]
    assert weights[0] != weights[1]
    done, _ = go(place, dirty, keep=True)
    assert done.verdict == "equal"
    assert done.rebuilt["student"] == weights[1]
    assert f"commit {done.commit[:12]} and its patch" in done.summary
    assert (Path(done.folder) / "components/own_offset.py").read_text() == "OFFSET = 1\n"
    assert verdict_on_disk(place, done) == done


def test_without_its_patch_a_student_of_changed_code_differs(place, dirty):
    run_id = place.again(dirty, tags={"restill.git.dirty": "no"}, files={"git.patch": None})
    done, _ = go(place, run_id)
    assert done.verdict == "differs"
    assert "  the teacher differs already (sha256 of its weights)" in done.summary


@pytest.fixture(scope="module")
def altered(place, clean):
    """What the program says of a run whose record has another seed, and the verdict on disk."""
    params = place.tracking.file(clean, "params.yaml").replace(b"seed: 3", b"seed: 4")
    run_id = place.again(clean, files={"params.yaml": params})
    done = place.program(run_id)
    (file,) = (place.root / ".restill/reproduce").glob(f"*-{run_id[:8]}.json")
    return done, Reproduction.model_validate_json(file.read_text())


def test_the_program_ends_with_1_for_another_seed_and_names_the_tensors(place, clean, altered):
    done, said = altered
    assert (done.returncode, done.stderr) == (1, "")
    assert said.verdict == "differs"
    again = checkpoint.load(next(Path(said.folder).glob("mlruns/work/student/*")))
    first = checkpoint.load(origin.find(clean, place.tracking, place.workplace.store).folder)
    name, value = next(iter(said.likeness.tensors.items()))
    apart = (first.state_dict()[name].double() - again.state_dict()[name].double()).abs().max()
    assert value == apart > 1e-6
    assert f"{name} {value:.3g}" in done.stdout
    assert (
        f"by {said.likeness.pictures:.3g} of 1, PSNR {said.likeness.psnr_db:.2f} dB" in done.stdout
    )
    assert f"the rebuilt tree is in {said.folder}" in done.stdout


def test_a_difference_within_the_tolerance_is_a_verdict_of_its_own(place, clean, altered):
    _, said = altered
    first = origin.find(clean, place.tracking, place.workplace.store)
    rebuilt = Rebuilt(next(Path(said.folder).glob("mlruns/work/student/*")), said.rebuilt)
    verdict, like = _judge(first, rebuilt, 10.0)
    assert (verdict, like) == ("within tolerance", said.likeness)
    words = said.model_copy(update={"verdict": verdict, "tolerance": 10.0}).summary
    assert "within tolerance, at 10" in words
    assert "rebuilt tree" not in words


def test_a_first_student_that_is_gone_can_be_told_from_but_not_measured(place, clean, altered):
    _, said = altered
    first = replace(origin.find(clean, place.tracking, place.workplace.store), folder=None)
    verdict, like = _judge(first, Rebuilt(Path("anywhere"), said.rebuilt), 10.0)
    assert (verdict, like) == ("differs", None)
    assert "how much is not known" in said.model_copy(update={"likeness": None}).summary


def test_what_changed_since_is_brought_back_or_said(place, clean, tmp_path):
    """A picture is lost, the first student as well, and the libraries were others."""
    root = shutil.copytree(place.root, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns"))
    site = replace(place, root=root, workplace=Workplace(Store(tmp_path / "empty"), root / "data"))
    next((root / "data/train").iterdir()).unlink()
    tags = {"restill.surroundings.torch": "1.0", "restill.surroundings.requirements.lock": "none"}
    done, _ = go(site, place.again(clean, tags=tags))
    assert done.verdict == "equal"
    now = place.tracking.tags(clean)
    assert done.surroundings == (
        f"torch: 1.0 then, {now['restill.surroundings.torch']} now",
        f"requirements.lock: none then, {now['restill.surroundings.requirements.lock']} now",
    )
