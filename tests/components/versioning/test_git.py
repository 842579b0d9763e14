import os
import subprocess
from pathlib import Path

import pytest

from components.errors import VersionError
from components.versioning import git


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A home of its own, whose settings are the worst for patches."""
    folder = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    (folder / ".gitconfig").write_text(
        "[user]\n\tname = n\n\temail = e@x\n[init]\n\tdefaultBranch = trunk\n"
        "[diff]\n\tnoprefix = true\n\trenames = copies\n[color]\n\tui = always\n"
        "[apply]\n\twhitespace = fix\n"
    )


def ask(folder, *arguments):
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder but git's own, by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {n: path.read_bytes() for n, path in names.items() if not n.startswith(".git/")}


def begin(folder: Path) -> Path:
    (folder / "components").mkdir(parents=True)
    (folder / "components/a.py").write_bytes(b"caf\xe9\n")
    (folder / "a.bin").write_bytes(bytes(range(256)))
    (folder / ".gitignore").write_text("__pycache__/\n")
    ask(folder, "init")
    ask(folder, "add", ".")
    ask(folder, "commit", "-m", "first")
    return folder


@pytest.fixture
def checkout(tmp_path):
    return begin(tmp_path / "a")


def change(checkout):
    """Change what is tracked, and add what is code, what is ignored, and what is neither."""
    (checkout / "components/a.py").write_bytes(b"th\xe9  \n\t \n")  # white space is not mended
    (checkout / "a.bin").write_bytes(bytes(reversed(range(256))))
    (checkout / "components/new part *.py").write_text("x = 1\n")
    (checkout / "flows").mkdir()
    (checkout / "flows/empty.py").touch()
    (checkout / "flows/weights.bin").write_bytes(bytes(range(200)))
    (checkout / "components/__pycache__").mkdir()
    (checkout / "components/__pycache__/a.pyc").write_bytes(b"machine code")
    (checkout / "notes.txt").write_text("not code")


def test_a_clean_checkout_is_its_commit(checkout):
    (checkout / "untracked.txt").write_text("not code")
    code = git.code(checkout)
    assert code.commit == ask(checkout, "rev-parse", "HEAD").decode().strip()
    assert code.facts == {"commit": code.commit, "branch": "trunk", "dirty": "no"}
    assert code.patch == b""


def test_a_change_in_the_instant_in_which_git_noted_the_file_is_not_missed(checkout):
    (checkout / "components/new.py").touch()  # so that a copy of git's index is needed
    ask(checkout, "config", "core.trustCtime", "false")
    noted = 1_600_000_000
    os.utime(checkout / "a.bin", (noted, noted))
    ask(checkout, "update-index", "--refresh")
    (checkout / "a.bin").write_bytes(bytes(256))  # as long as before
    for file in ("a.bin", ".git/index"):
        os.utime(checkout / file, (noted, noted))
    assert b"a.bin" in git.code(checkout).patch


def test_commit_and_patch_give_the_same_code_back(checkout, tmp_path):
    change(checkout)
    code = git.code(checkout)
    assert code.facts["dirty"] == "yes"
    git.export(checkout, tmp_path / "b", commit=code.commit, patch=code.patch)
    wanted = contents(checkout)
    del wanted["notes.txt"], wanted["components/__pycache__/a.pyc"]
    assert contents(tmp_path / "b") == wanted


def test_the_code_can_be_laid_out_inside_its_own_checkout(checkout):
    change(checkout)
    code = git.code(checkout)
    inside = checkout / ".restill/reproduce/x"
    git.export(checkout, inside, commit=code.commit, patch=code.patch)
    assert (inside / "components/a.py").read_bytes() == b"th\xe9  \n\t \n"
    assert (inside / "components/new part *.py").read_text() == "x = 1\n"


def test_what_is_staged_is_part_of_the_patch(checkout, tmp_path):
    (checkout / "staged.txt").write_text("mine")
    ask(checkout, "add", "staged.txt")
    ask(checkout, "rm", "--quiet", "a.bin")
    (checkout / "components/new.py").write_text("x = 1\n")
    code = git.code(checkout)
    git.export(checkout, tmp_path / "b", commit=code.commit, patch=code.patch)
    assert contents(tmp_path / "b") == contents(checkout)


def test_the_repository_is_only_read(checkout, tmp_path):
    change(checkout)
    ask(checkout, "add", "a.bin")
    before = {path: path.lstat().st_mtime_ns for path in (checkout / ".git").rglob("*")}
    index = (checkout / ".git/index").read_bytes()
    code = git.code(checkout)
    git.export(checkout, tmp_path / "b", commit=code.commit, patch=code.patch)
    assert {p: p.lstat().st_mtime_ns for p in (checkout / ".git").rglob("*")} == before
    assert (checkout / ".git/index").read_bytes() == index


def test_an_old_commit_is_laid_out_without_its_patch(checkout, tmp_path):
    old = git.code(checkout).commit
    (checkout / "a.bin").unlink()
    ask(checkout, "commit", "--all", "-m", "second")
    git.export(checkout, tmp_path / "b", commit=old)
    assert (tmp_path / "b/a.bin").read_bytes() == bytes(range(256))


def test_a_checkout_in_a_folder_of_a_repository_is_that_folder(checkout, tmp_path):
    inner = checkout / "inner"
    (inner / "components").mkdir(parents=True)
    (inner / "components/b.py").write_text("x = 1\n")
    ask(checkout, "add", "inner")
    ask(checkout, "commit", "-m", "second")
    (inner / "components/b.py").write_text("x = 2\n")
    (inner / "components/c.py").write_text("y = 1\n")
    (checkout / "components/a.py").write_text("not of this checkout")
    code = git.code(inner)
    git.export(inner, tmp_path / "b", commit=code.commit, patch=code.patch)
    assert contents(tmp_path / "b") == contents(inner)


def test_without_a_commit_there_is_no_code(tmp_path):
    assert git.code(tmp_path).facts == {"commit": "none"}
    ask(tmp_path, "init")
    assert git.code(tmp_path) == git.Code("none")


def test_a_hooks_variables_do_not_lead_to_another_repository(checkout, tmp_path, monkeypatch):
    there = begin(tmp_path / "b")
    (there / "a.bin").write_text("changed")
    monkeypatch.setenv("GIT_DIR", str(there / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(there))
    assert git.code(checkout).facts["dirty"] == "no"


def test_differences_that_git_cannot_tell_are_not_none(checkout):
    (checkout / "a.bin").write_bytes(b"longer than before, and damaged is what it was" * 9)
    for file in (checkout / ".git/objects").glob("??/*"):
        file.chmod(0o644)
        file.write_bytes(b"")
    with pytest.raises(VersionError, match=r"^git "):
        git.code(checkout)


def test_a_commit_that_is_not_there_is_named(checkout, tmp_path):
    with pytest.raises(VersionError, match=r"^git archive .*0000000"):
        git.export(checkout, tmp_path / "b", commit="0" * 40)
    assert not (tmp_path / "b").exists()


def test_a_patch_of_another_commit_is_refused(checkout, tmp_path):
    (checkout / "components/a.py").write_text("one\n")
    patch = git.code(checkout).patch
    ask(checkout, "commit", "--all", "-m", "second")
    with pytest.raises(VersionError, match=r"^git apply .*components/a.py"):
        git.export(checkout, tmp_path / "b", commit=git.code(checkout).commit, patch=patch)
