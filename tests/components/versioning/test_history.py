"""Which versions git knows, and what a name means."""

import pytest

from components.errors import VersionError
from components.versioning.history import find, versions
from components.versioning.programs import run_git
from components.versioning.versions import POINTER, recorded


def head(root, revision="HEAD"):
    return run_git(root, "rev-parse", revision)


def test_versions_are_listed_the_newest_first_with_commit_date_tags_and_content(twice):
    newest, oldest = versions(twice.root)
    assert (newest.commit, oldest.commit) == (head(twice.root), head(twice.root, "v1"))
    assert (newest.tags, oldest.tags) == (("v2",), ("v1",))
    assert (newest.digest, oldest.digest) == (twice.second, twice.first)
    assert newest.recorded == recorded(twice.root)
    assert oldest.recorded.num_files == 3
    assert oldest.recorded.num_bytes == 6
    assert newest.date == run_git(twice.root, "log", "-1", "--format=%cI")


def test_a_tag_on_a_later_commit_belongs_to_the_version_that_it_has(twice):
    run_git(twice.root, "commit", "--quiet", "--allow-empty", "--message", "Something else")
    run_git(twice.root, "tag", "--annotate", "--message", "x", "release/1")
    assert versions(twice.root)[0].tags == ("release/1", "v2")


def test_a_version_of_another_branch_is_listed(twice):
    run_git(twice.root, "checkout", "--quiet", "-b", "other", "v1")
    text = (twice.root / POINTER).read_text().replace(twice.first, f"{'0' * 32}.dir")
    (twice.root / POINTER).write_text(text)
    run_git(twice.root, "commit", "--quiet", "--all", "--message", "Three")
    run_git(twice.root, "checkout", "--quiet", "main")
    assert f"{'0' * 32}.dir" in {version.digest for version in versions(twice.root)}
    assert find(twice.root, "other").digest == f"{'0' * 32}.dir"


def test_a_version_that_is_not_committed_comes_first(twice):
    run_git(twice.root, "checkout", "--quiet", "--orphan", "empty")
    (twice.root / POINTER).write_text(
        (twice.root / POINTER).read_text().replace(twice.second, f"{'f' * 32}.dir")
    )
    first = versions(twice.root)[0]
    assert (first.digest, first.commit, first.date) == (f"{'f' * 32}.dir", "", "")


def test_a_removed_or_foreign_data_dvc_is_no_version(twice):
    for content in ("outs: []\n", "not YAML: [\n"):
        (twice.root / POINTER).write_text(content)
        run_git(twice.root, "commit", "--quiet", "--all", "--message", "Spoil it")
    run_git(twice.root, "rm", "--quiet", POINTER)
    run_git(twice.root, "commit", "--quiet", "--message", "Remove it")
    assert [version.digest for version in versions(twice.root)] == [twice.second, twice.first]


def test_without_git_the_recorded_version_is_the_only_one(twice):
    (twice.root / ".git").rename(twice.root / "gone")
    (only,) = versions(twice.root)
    assert (only.digest, only.commit) == (twice.second, "")
    assert find(twice.root, twice.second[:8]).digest == twice.second


@pytest.mark.parametrize("name", ["v1", "HEAD~1", "main~1", "commit", "digest", "start", "bare"])
def test_a_version_is_found_by_tag_branch_commit_and_digest(twice, name):
    names = {
        "commit": head(twice.root, "v1")[:10],
        "digest": twice.first,
        "start": twice.first[:6],
        "bare": twice.first.removesuffix(".dir"),
    }
    assert find(twice.root, names.get(name, name)).digest == twice.first


def test_a_whole_digest_that_git_does_not_know_is_taken_at_its_word(twice):
    assert find(twice.root, "0" * 32).digest == f"{'0' * 32}.dir"


@pytest.mark.parametrize("name", ["v3", "", "--all", "v1 v2", "v1:data.dvc", "\n", "HEAD:.", "ü"])
def test_a_name_that_means_nothing_is_refused_with_what_it_could_be(twice, name):
    with pytest.raises(VersionError, match="is no version of the data: it is neither a tag"):
        find(twice.root, name)


def test_a_name_that_means_two_versions_is_refused_with_both(twice):
    run_git(twice.root, "tag", twice.second[:6], "v1")
    with pytest.raises(VersionError, match="means more than one version: ") as error:
        find(twice.root, twice.second[:6])
    assert twice.first in str(error.value)
    assert twice.second in str(error.value)


def test_a_commit_before_the_data_was_recorded_is_no_version(twice):
    run_git(twice.root, "checkout", "--quiet", "--orphan", "bare")
    run_git(twice.root, "rm", "-r", "--quiet", "--cached", ".")
    run_git(twice.root, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    with pytest.raises(VersionError, match="'bare' is no version of the data"):
        find(twice.root, "bare")
