"""A folder and a bucket of a real S3 server behave alike, in success and in failure."""

import pytest

from components.datasets.places import open_place
from components.errors import StoreError

pytest_plugins = ("tests.s3",)


@pytest.fixture
def bucket(s3, monkeypatch):
    """The address of an empty bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    return f"s3://{s3.new_bucket()}/a/set"


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    url = request.getfixturevalue("bucket") if request.param == "bucket" else f"{tmp_path}/set"
    return open_place(url)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    return tmp_path / "file"


def test_what_was_put_is_read_in_whole_and_in_parts(place, file):
    assert place.length("shards/ö 1.tar") is None
    place.put("shards/ö 1.tar", file)
    assert place.length("shards/ö 1.tar") == 10
    assert place.read("shards/ö 1.tar") == b"0123456789"
    assert place.read("shards/ö 1.tar", 3, 4) == b"3456"
    assert place.read("shards/ö 1.tar", 8) == b"89"
    assert place.read("shards/ö 1.tar", 3, 0) == b""


def test_a_file_that_is_not_there_is_named(place):
    with pytest.raises(StoreError, match=rf"^{place.url}/none: .*(No such file|NoSuchKey)"):
        place.read("none")


def test_a_file_that_is_too_short_is_named_with_both_lengths(place, file):
    place.put("short", file)
    with pytest.raises(StoreError, match="short: ends after 2 of the 5 bytes that were asked"):
        place.read("short", 8, 5)


def test_a_wrong_key_is_one_line(bucket, monkeypatch, file):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    for attempt in (lambda p: p.put("x", file), lambda p: p.read("x"), lambda p: p.length("x")):
        with pytest.raises(
            StoreError, match=f"^{bucket}/x: [^\n]*(403|Forbidden|Access|Signature)"
        ):
            attempt(open_place(bucket))


def test_a_server_that_is_down_is_one_line_and_one_that_comes_back_is_read(
    s3, bucket, file, monkeypatch
):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # boto waits seconds between more
    place = open_place(bucket)
    place.put("x", file)
    s3.stop()
    with pytest.raises(StoreError, match=f"^{bucket}/x: Could not connect to the endpoint URL"):
        place.read("x")
    s3.start()
    assert place.read("x") == b"0123456789"


@pytest.mark.parametrize("url", ["http://host/x", "s3://", "s3:///x", "gs://bucket"])
def test_an_address_of_another_kind_is_refused(url):
    with pytest.raises(StoreError, match=r"is neither a folder nor s3://bucket/prefix"):
        open_place(url)
