"""Rebuilding from commits whose stations are a few lines, so that it is seen what is asked of them."""

import os
import textwrap

import pytest

from components.errors import TrainingError, VersionError
from components.reproduction.rebuild import Ingredients, rebuild
from components.versioning import git
from components.versioning.programs import run_git
from components.versioning.tree import tree_digest
from components.versioning.versions import commit

CODE = {
    "__init__.py": "",
    "errors.py": "class RestorationError(Exception): pass\n",
    "config.py": """
        from types import SimpleNamespace

        def load_params(file):
            words = file.read_text().split()
            return SimpleNamespace(pictures=words[0], chosen=words[1], seed=int(words[2]))
        """,
    "store.py": """
        from dataclasses import dataclass
        from pathlib import Path

        @dataclass
        class Store:
            root: Path

        @dataclass
        class Workplace:
            store: Store
            data: Path

        @dataclass
        class Outcome:
            record: object
        """,
    "dataset.py": """
        from types import SimpleNamespace
        from components.errors import RestorationError
        from components.store import Outcome

        DIGEST = "DIGEST OF THE DATA"

        def prepare(params, *, workplace, progress):
            if not workplace.data.exists():
                raise RestorationError(f"{workplace.data}: there is no picture")
            pictures = sorted(path.read_text() for path in workplace.data.iterdir())
            progress(1, 1, " ".join(pictures))
            workplace.store.root.mkdir(parents=True)
            return Outcome(SimpleNamespace(data_digest=DIGEST, pictures=pictures))
        """,
    "teacher.py": """
        from types import SimpleNamespace
        import torch
        from components.store import Outcome

        SIGN = "+"

        def train_teacher(manifest, params, *, seed, workplace, progress):
            progress(1, 2, "")
            progress(2, 2, f"{torch.get_num_threads()} threads")
            weights = SIGN.join([*manifest.pictures, params, str(seed)])
            return Outcome(SimpleNamespace(label="teacher", folder="teacher/k", sha256=weights))
        """,
    "student.py": """
        from types import SimpleNamespace
        from components.store import Outcome

        def distil_student(manifest, teacher, params, *, seed, workplace, progress):
            said = f"like {teacher.sha256}"
            return Outcome(SimpleNamespace(label="student", folder="student/k", sha256=said))
        """,
}


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    for name in list(os.environ):
        if name.startswith(("GIT_", "XDG_", "DVC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def root(tmp_path):
    """A checkout with code and one picture, which is not recorded."""
    root = tmp_path / "checkout"
    (root / "data").mkdir(parents=True)
    (root / "data/a.png").write_text("a")
    (root / ".gitignore").write_text("/data\n/.restill\n")
    (root / "components").mkdir()
    for name, lines in CODE.items():
        text = lines.replace("DIGEST OF THE DATA", tree_digest(root / "data"))
        (root / "components" / name).write_text(textwrap.dedent(text))
    run_git(root, "init", "--quiet")
    run_git(root, "config", "user.name", "n")
    run_git(root, "config", "user.email", "e@x")
    run_git(root, "add", ".")
    run_git(root, "commit", "--quiet", "--message", "Begin")
    return root


def ingredients(root, **changed):
    code = git.code(root)
    given = {
        "commit": code.commit,
        "patch": code.patch,
        "params": b"folder kdsr 7",
        "data_digest": tree_digest(root / "data"),
        "threads": 1,
    }
    return Ingredients(**given | changed)


def go(root, given, data=None):
    lines = []
    folder = root / ".restill/reproduce/x"
    made = rebuild(given, folder, root=root, data=data or root / "data", say=lines.append)
    return made, lines


def test_stations_1_to_3_are_gone_through_with_data_parameters_and_threads_of_the_run(root):
    made, lines = go(root, ingredients(root))
    assert made.weights == {"teacher": "a+kdsr+7", "student": "like a+kdsr+7"}
    assert made.folder == root / ".restill/reproduce/x/mlruns/work/student/k"
    assert lines == ["dataset 1/1 a", "teacher 2/2 1 threads"]
    assert (root / ".restill/reproduce/x/params.yaml").read_text() == "folder kdsr 7"


def test_the_code_is_the_commits_with_its_patch_and_not_what_is_there_now(root):
    teacher = root / "components/teacher.py"
    before = teacher.read_text()
    teacher.write_text(before.replace('SIGN = "+"', "from components.new import SIGN"))
    (root / "components/new.py").write_text('SIGN = "-"\n')
    given = ingredients(root)
    teacher.write_text(before)
    (root / "components/new.py").unlink()
    made, _ = go(root, given)
    assert made.weights["teacher"] == "a-kdsr-7"


def test_what_an_earlier_attempt_left_is_removed(root):
    left = root / ".restill/reproduce/x/mlruns/work/teacher"
    left.mkdir(parents=True)
    go(root, ingredients(root))
    assert not left.exists()


def test_data_that_has_changed_since_comes_from_dvcs_cache(root):
    given = ingredients(root)
    commit(root, "Record a picture")
    (root / "data/a.png").write_text("other")
    made, _ = go(root, given)
    assert made.weights["teacher"] == "a+kdsr+7"
    assert (root / "data/a.png").read_text() == "other"


def test_data_that_nobody_holds_is_one_clear_error(root):
    given = ingredients(root)
    (root / "data/a.png").write_text("other")
    with pytest.raises(VersionError) as refusal:
        go(root, given)
    folder = root / ".restill/reproduce/x"
    assert str(refusal.value) == (
        f"data version {given.data_digest}: neither {root / 'data'} nor DVC's cache holds it "
        "(`dvc fetch --all-commits` may bring it), and it cannot be made: "
        f"{folder / 'data'}: there is no picture"
    )


def test_data_of_which_the_cache_lost_a_picture_is_not_brought_in_part(root):
    given = ingredients(root)
    commit(root, "Record a picture")
    (root / "data/a.png").write_text("other")
    for file in (root / ".dvc/cache/files/md5").rglob("*"):
        if file.is_file() and file.read_bytes() == b"a":
            file.unlink()
    with pytest.raises(VersionError, match="nor DVC's cache holds it"):
        go(root, given)


def test_data_that_turns_out_to_be_another_version_stops_before_the_training(root):
    given = ingredients(root)
    (root / "data/b.png").write_text("b")
    with pytest.raises(TrainingError, match=rf"data: is {given.data_digest}, not ") as refusal:
        go(root, ingredients(root))
    assert str(refusal.value).startswith(f"rebuilding {given.commit[:12]} failed: ")


def test_a_commit_without_the_code_is_an_error_and_not_rebuilt_by_other_code(root):
    run_git(root, "rm", "--quiet", "-r", "components")
    run_git(root, "commit", "--quiet", "--message", "No code")
    with pytest.raises(TrainingError, match=r"(the code came from|No module named)"):
        go(root, ingredients(root))


def test_an_error_of_the_code_is_said_in_its_last_words(root):
    (root / "components/student.py").write_text("1 / 0\n")
    with pytest.raises(TrainingError, match=r"failed: ZeroDivisionError: division by zero$"):
        go(root, ingredients(root))


def test_an_interrupted_rebuilding_leaves_no_process(root):
    (root / "components/student.py").write_text(
        "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n"
    )

    def interrupt(line):
        numbers.append(int(line))
        raise KeyboardInterrupt

    numbers = []
    folder = root / ".restill/reproduce/x"
    with pytest.raises(KeyboardInterrupt):
        rebuild(ingredients(root), folder, root=root, data=root / "data", say=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(numbers[0], 0)
