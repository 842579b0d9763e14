"""DVC's digest without DVC: equal to what `dvc add` writes, and no picture left out in silence."""

import json
import os
import sys
from pathlib import Path

import pytest

from components.errors import DatasetError
from components.versioning.programs import run_dvc
from components.versioning.setup import IGNORED
from components.versioning.tree import digest_of_listing, tree_digest, tree_listing
from components.versioning.versions import recorded

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's file systems")

RULES = """\
# one rule of each kind
*.tmp
/data/raw/
notes.txt
!keep/notes.txt
cache?/
!shown
!kept/
"""


@pytest.fixture
def data(tmp_path):
    """A folder with all that could make two digests differ."""
    folder = tmp_path / "data"
    contents = {
        "a/b/ünï 写真.png": b"\x89PNG\r\n",
        "a.png": b"1",  # sorts between a-b.png and a/
        "a-b.png": b"2",
        "empty.png": b"",
        "text\r.txt": b"line\r\nline\r\n",
        'quote".png': b"3",
        ".hidden": b"4",
        ".DS_Store": b"5",
        "a/._b.png": b"6",
        "a/x.tmp": b"7",
        "raw/r.png": b"8",
        "a/raw/r.png": b"9",
        "notes.txt": b"10",
        "keep/notes.txt": b"11",
        "cache1/c.png": b"12",
        "shown/._s.png": b"15",  # git would leave it out
        "kept/x.tmp": b"16",  # a folder let in again does not let in its files
        "cloned/.git/HEAD": b"13",
        "worktree/.git": b"14",
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "no files").mkdir()
    (tmp_path / "elsewhere.png").write_bytes(b"linked")
    (folder / "linked.png").symlink_to(tmp_path / "elsewhere.png")
    return folder


def as_dvc_sees(data: Path) -> tuple[str, dict[str, str]]:
    """Digest and listing that DVC itself records."""
    root = data.parent
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    run_dvc(root, "add", "--no-relink", "data", wait_seconds=0)
    digest = recorded(root).digest
    rows = json.loads((root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).read_bytes())
    return digest, {row["relpath"]: row["md5"] for row in rows}


@pytest.mark.parametrize("rules", [None, IGNORED + RULES], ids=["no rules", "rules"])
def test_the_digest_is_the_one_that_dvc_writes(data, rules):
    if rules is not None:
        (data.parent / ".dvcignore").write_text(rules)
    ours = tree_listing(data)
    assert ("a/x.tmp" in ours) == (rules is None)
    digest, listing = as_dvc_sees(data)
    assert ours == listing
    assert tree_digest(data) == digest


def test_our_rules_leave_out_what_file_browsers_leave_behind(data):
    (data.parent / ".dvcignore").write_text(IGNORED)
    paths = tree_listing(data)
    assert {".DS_Store", "a/._b.png"}.isdisjoint(paths)
    assert {".hidden", "a/b/ünï 写真.png"} <= set(paths)


def test_a_digest_depends_on_names_and_bytes_and_not_on_their_order():
    listing = {"b": "0" * 32, "a": "1" * 32}
    assert digest_of_listing(listing) == digest_of_listing(dict(reversed(listing.items())))
    assert digest_of_listing(listing) != digest_of_listing({"b": "1" * 32, "a": "0" * 32})
    assert digest_of_listing(listing) != digest_of_listing({"c": "0" * 32, "a": "1" * 32})


def test_a_listing_is_sorted_by_path(data):
    assert list(tree_listing(data)) == sorted(tree_listing(data))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda d: (d / "sub").symlink_to(d / "a"), r"sub: is a link to a folder"),
        (lambda d: (d / "gone.png").symlink_to(d / "nowhere"), r"gone\.png: is not a file"),
        (lambda d: os.mkfifo(d / "pipe"), r"pipe: is not a file"),
        (lambda d: (d / "a/.dvcignore").touch(), r"a/\.dvcignore: DVC allows none inside"),
        (lambda d: (d / "a/.dvc").mkdir(), r"a/\.dvc: another DVC checkout"),
        pytest.param(
            lambda d: Path(os.fsdecode(bytes(d) + b"/\xff.png")).touch(),
            r"the name is not UTF-8",
            marks=LINUX,
        ),
        pytest.param(
            lambda d: (d / "io.png").symlink_to("/proc/self/mem"),  # opens, and fails at byte 0
            r"io\.png: cannot be read",
            marks=LINUX,
        ),
    ],
    ids=["linked folder", "broken link", "pipe", "rules inside", "checkout", "name", "bytes"],
)
def test_a_folder_is_refused_where_dvc_would_lose_or_choke_on_something(data, spoil, reason):
    spoil(data)
    with pytest.raises(DatasetError, match=reason):
        tree_digest(data)


def test_a_missing_folder_is_refused_by_name(tmp_path):
    with pytest.raises(DatasetError, match=r"data: cannot be read: No such file"):
        tree_digest(tmp_path / "data")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(DatasetError, match=r"data: cannot be read: Not a directory"):
        tree_digest(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_entered_is_refused_and_not_skipped(data):
    (data / "a").chmod(0)
    try:
        with pytest.raises(DatasetError, match=r"a: cannot be read: Permission denied"):
            tree_digest(data)
    finally:
        (data / "a").chmod(0o755)
