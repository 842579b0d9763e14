"""DVC's cache as DVC fills it: what is there, what is whole, what is damaged."""

import pytest

from components.errors import VersionError
from components.versioning.objects import Objects


def test_every_version_that_was_recorded_is_whole_and_says_what_it_holds(twice):
    objects = Objects(twice.root)
    assert objects.whole(twice.first)
    assert objects.whole(twice.second)
    assert list(objects.listing(twice.first)) == ["test/c.png", "train/a.png", "train/b.png"]
    assert objects.verify(twice.md5(b"bb")).read_bytes() == b"bb"


def test_a_version_that_lost_a_file_is_not_whole(twice):
    objects = Objects(twice.root)
    objects.path(twice.md5(b"ccc")).unlink()
    assert not objects.whole(twice.first)
    assert objects.whole(twice.second)


@pytest.mark.parametrize("text", ["[]", "{", '[{"md5": 1}]'])
def test_a_damaged_listing_counts_as_none(twice, text):
    objects = Objects(twice.root)
    objects.path(twice.first).chmod(0o644)
    objects.path(twice.first).write_text(text)
    assert objects.listing(twice.first) is None
    assert not objects.whole(twice.first)


def test_a_cache_that_was_moved_is_found(twice):
    (twice.root / ".dvc/config.local").write_text("[cache]\n    dir = ../moved\n")
    twice.cache.rename(twice.root / "moved")
    assert Objects(twice.root).whole(twice.second)


def test_a_damaged_file_is_refused_by_name_with_its_md5_and_the_cure(twice):
    objects = Objects(twice.root)
    file = objects.path(twice.md5(b"bb"))
    file.chmod(0o644)
    file.write_bytes(b"xx")
    found = twice.md5(b"xx")
    with pytest.raises(VersionError, match=f"{file}: is damaged, its md5 is {found}; remove it"):
        objects.verify(twice.md5(b"bb"))


def test_a_lost_file_is_refused_by_name(twice):
    objects = Objects(twice.root)
    objects.path(twice.md5(b"bb")).unlink()
    with pytest.raises(VersionError, match="cannot be read: No such file"):
        objects.verify(twice.md5(b"bb"))
