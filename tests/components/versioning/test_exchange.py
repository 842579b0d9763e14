"""Versions between cache and remote: both kinds of remote, and each way in which they fail."""

import shutil
import subprocess
import sys

import pytest
from zc.lockfile import LockFile

from components.errors import VersionError
from components.versioning.exchange import fetch, on_remote, push
from components.versioning.objects import Objects

pytest_plugins = ("tests.s3",)


def everything_else(twice):
    """What an exchange must leave alone."""
    return twice.contents(), (twice.root / "data.dvc").read_bytes()


def test_any_version_goes_to_a_remote_and_comes_back_while_data_stays(twice, far):
    before = everything_else(twice)
    push(twice.root, [twice.first, twice.second])
    shutil.rmtree(twice.cache)
    fetch(twice.root, twice.first)
    assert Objects(twice.root).whole(twice.first)
    assert not Objects(twice.root).whole(twice.second)
    assert everything_else(twice) == before


def test_a_remote_has_what_was_pushed_and_nothing_else(twice, bucket):
    shutil.copytree(twice.cache, bucket.folder)
    bucket.file(twice.second).unlink()
    never = f"{'0' * 32}.dir"  # which YAML would take for a number
    assert on_remote(twice.root, [twice.first, twice.second, never]) == {twice.first}
    shutil.rmtree(twice.cache)
    assert on_remote(twice.root, [twice.first, twice.second, never]) == {twice.first}


def test_a_version_that_is_in_the_cache_is_fetched_without_a_remote(twice):
    fetch(twice.root, twice.first)


def test_a_checkout_without_a_remote_is_told_how_to_name_one(twice):
    with pytest.raises(
        VersionError, match="names no default remote, so nothing can be pushed; `re"
    ):
        push(twice.root, [twice.first])


def test_an_exchange_needs_no_lock_of_the_checkout_and_leaves_nothing(twice, shelf):
    lock = LockFile(str(twice.root / ".dvc/tmp/lock"))
    before = {path.name for path in (twice.root / ".dvc/tmp").iterdir()}
    push(twice.root, [twice.first])
    lock.close()
    assert {path.name for path in (twice.root / ".dvc/tmp").iterdir()} == before


def test_what_a_killed_exchange_left_is_removed_by_the_next(twice, shelf):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = twice.root / f".dvc/tmp/beside-{dead.pid}-abc"
    left.mkdir()
    push(twice.root, [twice.first])
    assert not left.exists()


def test_keys_kept_in_local_settings_are_used(twice, s3, bucket, monkeypatch):
    keys = {"access_key_id": "restill", "secret_access_key": "only-for-tests"}
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    twice.use_remote(bucket.url, **bucket.settings, **keys)
    push(twice.root, [twice.first])
    assert bucket.file(twice.first).is_file()


@pytest.mark.parametrize(
    ("secret", "cause"), [("wrong", "Forbidden"), (None, "Unable to locate credentials")]
)
def test_a_wrong_or_missing_key_is_one_line(twice, bucket, monkeypatch, secret, cause):
    if secret:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    else:
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(VersionError) as error:
        push(twice.root, [twice.first])
    assert str(error.value).startswith(f"remote 'far' ({bucket.url}): dvc push: {cause}")
    assert "\n" not in str(error.value)


def test_a_bucket_that_is_not_there_is_one_line(twice, bucket):
    twice.use_remote("s3://no-such-bucket", **bucket.settings)
    with pytest.raises(
        VersionError, match=r"^remote 'far' \(s3://no-such-bucket\): .*NoSuchBucket"
    ):
        push(twice.root, [twice.first])


def test_a_remote_that_is_down_is_one_line(twice, s3, bucket, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # boto waits seconds between more
    s3.stop()
    try:
        with pytest.raises(VersionError, match=r"^remote 'far' .*: Could not connect to the endp"):
            push(twice.root, [twice.first])
    finally:
        s3.start()


def test_a_lost_object_is_named_and_the_others_are_brought(twice, bucket):
    shutil.move(twice.cache, bucket.folder)
    bucket.file(twice.md5(b"ccc")).unlink()
    with pytest.raises(VersionError) as error:
        fetch(twice.root, twice.first)
    assert "\n" not in str(error.value)
    assert bucket.url in str(error.value)
    assert twice.md5(b"ccc") in str(error.value) or "test/c.png" in str(error.value)
    assert Objects(twice.root).has([twice.md5(b"a"), twice.md5(b"bb")])


def test_a_damaged_object_does_not_get_into_the_cache(twice, shelf):
    shutil.move(twice.cache, shelf.folder)
    shelf.file(twice.md5(b"ccc")).chmod(0o644)
    shelf.file(twice.md5(b"ccc")).write_bytes(b"xxx")
    with pytest.raises(VersionError, match=r"remote 'far'"):
        fetch(twice.root, twice.first)
    assert not Objects(twice.root).has([twice.md5(b"ccc")])


def test_a_version_that_the_remote_lacks_is_named(twice, shelf):
    shutil.move(twice.cache, shelf.folder)
    shelf.file(twice.second).unlink()
    with pytest.raises(VersionError, match=f"remote 'far' .*: has no version {twice.second}$"):
        fetch(twice.root, twice.second)
