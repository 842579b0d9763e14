"""Versions of data/ with the real dvc and git: what is recorded, what is said, what is left alone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import DatasetError, VersionError
from components.versioning.programs import run_dvc, run_git
from components.versioning.setup import CONFIG, IGNORED, PRIVATE
from components.versioning.tree import tree_digest
from components.versioning.versions import (
    Committed,
    Recorded,
    Status,
    adopt,
    commit,
    recorded,
    status,
    take_out,
)

PICTURES = {"train/a.png": b"a", "train/b.png": b"bb", "test/c.png": b"ccc"}

POINTER = """\
outs:
- md5: 0123456789abcdef0123456789abcdef.dir
  size: 6
  nfiles: 3
  hash: md5
  path: data
"""


def fill(root: Path) -> Path:
    for name, content in PICTURES.items():
        (root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "data" / name).write_bytes(content)
    return root


def make_git(root: Path) -> None:
    run_git(root, "init", "--quiet", "--initial-branch=main")
    run_git(root, "config", "user.name", "Restill")
    run_git(root, "config", "user.email", "restill@example.org")


def write_files_of_dvc(root: Path) -> None:
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc/config").write_text(CONFIG)
    (root / ".dvc/.gitignore").write_text(PRIVATE)
    (root / ".dvcignore").write_text(IGNORED)


@pytest.fixture
def checkout(tmp_path):
    """A clone of a repository in which DVC is set up and nothing is recorded yet."""
    root = tmp_path / "checkout"
    write_files_of_dvc(root)
    (root / ".gitignore").write_text("/data\n")
    make_git(root)
    run_git(root, "add", ".")
    run_git(root, "commit", "--quiet", "--message", "Begin")
    return fill(root)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A folder without git, its data recorded; copied by `plain`, because DVC takes a second."""
    root = fill(tmp_path_factory.mktemp("once"))
    return root, commit(root, "no one reads this")


@pytest.fixture
def plain(once, tmp_path):
    return shutil.copytree(once[0], tmp_path / "plain")


def facts_of(folder: Path) -> dict[Path, tuple[int, ...]]:
    """Mode, place on disk, number of hard links and time of change of everything in a folder."""
    found = {path: path.lstat() for path in folder.rglob("*")}
    return {p: (s.st_mode, s.st_ino, s.st_nlink, s.st_mtime_ns) for p, s in found.items()}


def names_in_last_commit(root: Path) -> set[str]:
    return set(run_git(root, "show", "--name-only", "--format=", "HEAD").splitlines())


# --- recorded


def test_nothing_is_recorded_where_there_is_no_data_dvc(tmp_path):
    assert recorded(tmp_path) is None


def test_what_dvc_wrote_is_read_back(plain):
    assert recorded(plain) == Recorded(tree_digest(plain / "data"), num_files=3, num_bytes=6)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("outs:\n<<<<<<< HEAD\n- md5: x\n", r"data\.dvc:2: holds an unresolved merge"),
        ("outs:\n- md5: x\n  md5: y\n", r"data\.dvc:3: is not YAML: found duplicate key"),
        ("", r"data\.dvc: the top: "),
        (POINTER.replace("  hash: md5\n", ""), r"data\.dvc: outs\.0\.hash: Field required"),
        (POINTER.replace("path: data", "path: d"), r"data\.dvc: outs\.0\.path: .*'data'"),
        (POINTER.replace(".dir", ""), r"data\.dvc: outs\.0\.md5: String should match"),
        (POINTER + POINTER[6:], r"data\.dvc: outs: List should have at most 1 item"),
        ("\udcff", r"data\.dvc: cannot be read: .*utf-8"),
    ],
    ids=["merge", "repeated key", "empty", "DVC 2", "other path", "a file", "two", "not UTF-8"],
)
def test_a_spoilt_data_dvc_is_refused_with_its_line_or_key(tmp_path, text, reason):
    (tmp_path / "data.dvc").write_text(text, errors="surrogateescape")
    with pytest.raises(VersionError, match=reason):
        recorded(tmp_path)


# --- status


def test_recorded_data_is_clean(plain):
    now = status(plain)
    digest = tree_digest(plain / "data")
    assert now == Status(recorded=digest, current=digest, listing_known=True)
    assert now.clean
    assert not now.missing


def test_recorded_data_is_clean_without_a_cache_too(plain):
    shutil.rmtree(plain / ".dvc/cache")
    assert status(plain).clean


def test_status_names_what_was_added_modified_and_deleted(plain):
    (plain / "data/train/new.png").write_bytes(b"new")
    (plain / "data/train/a.png").write_bytes(b"A")
    (plain / "data/test/c.png").unlink()
    now = status(plain)
    assert (now.added, now.modified, now.deleted) == (
        ("train/new.png",),
        ("train/a.png",),
        ("test/c.png",),
    )
    assert now.listing_known
    assert not now.clean


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text("[]")])
def test_status_does_not_guess_what_changed_when_the_listing_is_gone_or_damaged(plain, damage):
    (plain / "data/train/a.png").write_bytes(b"A")
    (listing,) = (plain / ".dvc/cache").rglob("*.dir")
    listing.chmod(0o644)
    damage(listing)
    now = status(plain)
    assert (now.added, now.modified, now.deleted, now.listing_known) == ((), (), (), False)
    assert not now.clean


def test_missing_data_is_its_own_state(plain):
    shutil.rmtree(plain / "data")
    now = status(plain)
    assert now.missing
    assert not now.clean
    assert now.deleted == ("test/c.png", "train/a.png", "train/b.png")


def test_data_of_which_nothing_is_recorded_is_all_added(tmp_path):
    now = status(fill(tmp_path))
    assert now.recorded is None
    assert now.added == ("test/c.png", "train/a.png", "train/b.png")
    assert not now.clean


def test_neither_data_nor_record_is_not_clean(tmp_path):
    assert status(tmp_path).missing
    assert not status(tmp_path).clean


# --- commit


def test_a_commit_takes_data_dvc_and_leaves_what_the_user_had_staged(checkout):
    (checkout / "staged.txt").write_text("mine")
    (checkout / ".dvcignore").write_text(IGNORED + "*.mine\n")
    run_git(checkout, "add", "staged.txt")
    done = commit(checkout, "Record the first pictures")
    assert done.old is None
    assert done.new == tree_digest(checkout / "data")
    assert done.git_commit == run_git(checkout, "rev-parse", "HEAD")
    assert names_in_last_commit(checkout) == {"data.dvc"}
    assert run_git(checkout, "log", "-1", "--format=%s") == "Record the first pictures"
    assert run_git(checkout, "diff", "--cached", "--name-only") == "staged.txt"
    assert run_git(checkout, "diff", "--name-only") == ".dvcignore"


def test_a_commit_of_unchanged_data_says_so_and_makes_none(checkout):
    first = commit(checkout, "one")
    again = commit(checkout, "two")
    assert again == Committed(old=first.new, new=first.new, git_commit=None)
    assert not again.changed
    assert run_git(checkout, "log", "-1", "--format=%s") == "one"


def test_a_changed_picture_is_a_new_version_and_the_old_one_can_be_had_back(checkout):
    first = commit(checkout, "one")
    (checkout / "data/train/a.png").write_bytes(b"A")
    second = commit(checkout, "two")
    assert second.changed
    assert second.old == first.new
    run_git(checkout, "checkout", "--quiet", "HEAD~1", "--", "data.dvc")
    run_dvc(checkout, "checkout", "--force", "data.dvc", wait_seconds=0)
    assert tree_digest(checkout / "data") == first.new


def test_a_new_git_repository_gets_dvc_set_up_in_the_same_commit(tmp_path):
    make_git(fill(tmp_path))
    commit(tmp_path, "one")
    files = {".dvc/config", ".dvc/.gitignore", ".dvcignore"}
    assert names_in_last_commit(tmp_path) == {"data.dvc", ".gitignore", *files}
    assert (tmp_path / ".gitignore").read_text() == "/data\n"
    assert run_git(tmp_path, "status", "--porcelain") == ""


def test_without_git_the_version_is_recorded_all_the_same(once):
    root, done = once
    assert done == Committed(old=None, new=tree_digest(root / "data"), git_commit=None)
    assert (root / ".dvc/config").read_text() == CONFIG
    assert "no_scm = true" in (root / ".dvc/config.local").read_text()
    assert not (root / ".gitignore").exists()


def test_a_folder_that_becomes_a_git_repository_later_is_used_as_one(plain):
    make_git(plain)
    assert commit(plain, "one").git_commit == run_git(plain, "rev-parse", "HEAD")
    assert "no_scm" not in (plain / ".dvc/config.local").read_text()


def test_a_git_repository_around_the_folder_is_left_alone(tmp_path):
    make_git(tmp_path)
    inner = fill(tmp_path / "inner")
    assert commit(inner, "one").git_commit is None
    assert run_git(tmp_path, "status", "--porcelain", "--", "inner/data.dvc").startswith("??")


def test_a_commit_that_a_hook_stops_says_so_and_is_made_good_by_the_next(checkout):
    hook = checkout / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not on a Friday >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(VersionError) as error:
        commit(checkout, "one")
    assert str(error.value) == (
        "data.dvc is written, but not committed: git commit: not on a Friday"
    )
    assert recorded(checkout).digest == tree_digest(checkout / "data")
    hook.unlink()
    done = commit(checkout, "one")
    assert not done.changed
    assert done.git_commit == run_git(checkout, "rev-parse", "HEAD")


def test_data_that_git_tracks_is_refused_in_dvcs_words(checkout):
    run_git(checkout, "add", "--force", "data")
    with pytest.raises(VersionError, match=r"^dvc add: .*already tracked by SCM"):
        commit(checkout, "one")
    assert recorded(checkout) is None


@pytest.mark.parametrize(("make", "reason"), [(True, "holds no file"), (False, "cannot be read")])
def test_empty_or_missing_data_is_not_recorded(plain, make, reason):
    before = (plain / "data.dvc").read_bytes()
    shutil.rmtree(plain / "data")
    if make:
        (plain / "data/train").mkdir(parents=True)
    with pytest.raises(DatasetError, match=rf"data: {reason}"):
        commit(plain, "one")
    assert (plain / "data.dvc").read_bytes() == before


def test_an_unresolved_merge_is_refused_before_dvc_is_asked(plain):
    (plain / "data.dvc").write_text("<<<<<<< HEAD\n")
    with pytest.raises(VersionError, match=r"data\.dvc:1: holds an unresolved merge"):
        commit(plain, "one")


def test_nothing_is_written_outside_the_checkout(checkout, home, tmp_path_factory, monkeypatch):
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setenv("TMPDIR", str(scratch))
    (home / ".config/dvc").mkdir(parents=True)
    (home / ".config/dvc/config").write_text(f"[cache]\n    dir = {scratch}\n")
    commit(checkout, "one")
    assert [path.name for path in home.rglob("*")] == [".config", "dvc", "config"]
    assert list(scratch.iterdir()) == []
    assert {path.name for path in checkout.parent.iterdir()} == {"checkout"}


# --- adopt


@pytest.fixture
def fresh(plain):
    """What a clone is once its data was made again: recorded, and nothing in the cache."""
    shutil.rmtree(plain / ".dvc/cache")
    shutil.rmtree(plain / ".dvc/tmp")
    return plain


def test_data_that_was_made_again_fills_the_cache_and_changes_nothing_else(fresh):
    with (fresh / "data.dvc").open("a") as file:
        file.write("meta:\n  licence:   CC0   # laid out as DVC would not\n")
    linked = (fresh / "data/train/a.png").rename(fresh / "a.png")
    (fresh / "data/train/a.png").symlink_to(linked)
    pointer = (fresh / "data.dvc").read_bytes()
    pictures = facts_of(fresh / "data")
    assert adopt(fresh)
    assert (fresh / "data.dvc").read_bytes() == pointer
    assert facts_of(fresh / "data") == pictures
    shutil.rmtree(fresh / "data")
    run_dvc(fresh, "checkout", "data.dvc", wait_seconds=0)
    assert status(fresh).clean


def test_a_full_cache_is_left_as_it_is_and_dvc_is_not_asked(plain):
    shutil.rmtree(plain / ".dvc/tmp")  # which DVC makes whenever it runs
    assert not adopt(plain)
    assert not (plain / ".dvc/tmp").exists()


def test_one_lost_picture_is_put_back(plain):
    stored = sorted((plain / ".dvc/cache/files/md5").glob("*/*"))
    stored[0].unlink()
    assert adopt(plain)
    assert sorted((plain / ".dvc/cache/files/md5").glob("*/*")) == stored


def test_data_of_another_version_is_not_adopted(fresh):
    (fresh / "data/train/a.png").write_bytes(b"A")
    with pytest.raises(VersionError, match=r"data: is [0-9a-f]{32}\.dir, not the recorded "):
        adopt(fresh)
    assert not (fresh / ".dvc/cache").exists()


def test_data_without_a_record_is_not_adopted(tmp_path):
    with pytest.raises(VersionError, match=r"data\.dvc: missing; no version is recorded yet"):
        adopt(fill(tmp_path))


# --- take_out


def test_a_recorded_version_is_laid_out_whatever_data_is_by_now(checkout, tmp_path):
    first = commit(checkout, "one")
    (checkout / "data/train/a.png").write_bytes(b"A")
    commit(checkout, "two")
    assert take_out(checkout, first.new, tmp_path / "out/data")
    assert tree_digest(tmp_path / "out/data") == first.new
    (tmp_path / "out/data/train/a.png").write_bytes(b"scribbled on")
    assert status(checkout).clean
    assert take_out(checkout, first.new, tmp_path / "again")
    assert (tmp_path / "again/train/a.png").read_bytes() == b"a"


def test_a_version_that_was_never_recorded_is_not_laid_out(plain, tmp_path):
    assert not take_out(plain, f"{'0' * 32}.dir", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_version_that_lost_a_picture_is_not_laid_out_in_part(plain, tmp_path):
    lost = next(f for f in (plain / ".dvc/cache").rglob("*") if f.is_file() and f.suffix != ".dir")
    lost.unlink()
    assert not take_out(plain, recorded(plain).digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- the module


def test_importing_versions_imports_no_dvc():
    code = "import components.versioning.versions, sys; print([m for m in sys.modules if m[:3] == 'dvc'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
