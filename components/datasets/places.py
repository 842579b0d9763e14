"""Where large data lies: a folder, or a prefix of an S3 bucket; files are written whole, read in ranges."""

import shutil
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.errors import StoreError

_ATTEMPTS = 3
_CONNECT_SECONDS, _READ_SECONDS = 10, 60


class Place(ABC):
    """Files under names, such as `shards/train-000000.tar`."""

    url: str

    @abstractmethod
    def length(self, name: str) -> int | None:
        """Return a file's length in bytes; None when there is none of that name.

        Raises:
            StoreError: nobody could tell.
        """

    @abstractmethod
    def put(self, name: str, file: Path) -> None:
        """Store a copy of a local file: whole, or not at all.

        Raises:
            StoreError: it could not be stored.
        """

    @abstractmethod
    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Read a part of a file, to its end when no length is given.

        Raises:
            StoreError: there is none, it is shorter, or it could not be read after some attempts.
        """


def open_place(url: str) -> Place:
    """Open `s3://bucket/prefix`, or a folder.

    Keys, region and endpoint of S3 come from where boto3 looks: `AWS_*` variables, then `~/.aws`.

    Raises:
        StoreError: an address of another kind, or without a bucket.
    """
    scheme, found, rest = url.partition("://")
    if not found:
        return _Folder(url)
    bucket, _, prefix = rest.rstrip("/").partition("/")
    if scheme != "s3" or not bucket:
        raise StoreError(f"{url!r}: is neither a folder nor s3://bucket/prefix")
    return _Bucket(bucket, prefix)


class _Folder(Place):
    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._folder = Path(url)

    def length(self, name: str) -> int | None:
        file = self._folder / name
        with self._named(name):
            return file.stat().st_size if file.is_file() else None

    def put(self, name: str, file: Path) -> None:
        target = self._folder / name
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        with self._named(name):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(file, temporary)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        with self._named(name), (self._folder / name).open("rb") as stream:
            stream.seek(start)
            content = stream.read() if length is None else stream.read(length)
        return _whole(content, length, f"{self.url}/{name}")

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self.url}/{name}: {error.strerror or error}") from error


class _Bucket(Place):
    def __init__(self, bucket: str, prefix: str) -> None:
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._client = _new_client()

    def length(self, name: str) -> int | None:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in `_new_client`

        with self._named(name):
            try:
                facts = self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)
            except ClientError as error:
                if error.response["Error"]["Code"] != "404":
                    raise
                return None
            return int(facts["ContentLength"])

    def put(self, name: str, file: Path) -> None:
        with self._named(name):
            self._client.upload_file(str(file), self._bucket, self._prefix + name)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        if length == 0:
            return b""
        end = "" if length is None else str(start + length - 1)
        with self._named(name):
            content = self._get(self._prefix + name, f"bytes={start}-{end}")
        return _whole(content, length, f"{self.url}/{name}")

    def _get(self, key: str, range_: str) -> bytes:
        """Ask again when the connection breaks: boto3 does so for the answer's head alone."""
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as in `_new_client`

        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=range_)
                content: bytes = answer["Body"].read()
            except BotoCoreError:
                if attempt == _ATTEMPTS:
                    raise
                time.sleep(0.1 * 4**attempt)
            else:
                return content
        raise AssertionError

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        from boto3.exceptions import Boto3Error  # noqa: PLC0415 - as in `_new_client`
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - the same

        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
            raise StoreError(f"{self.url}/{name}: {str(error) or type(error).__name__}") from error


def _new_client() -> Any:
    """Make a client; boto3 takes a third of a second to import, and a folder does without."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        # Some servers send the whole object's checksum with a part of it, which boto3 then refuses.
        response_checksum_validation="when_required",
    )
    return boto3.session.Session().client("s3", config=config)  # the default one keeps old keys


def _whole(content: bytes, length: int | None, name: str) -> bytes:
    if length is not None and len(content) != length:
        raise StoreError(f"{name}: ends after {len(content)} of the {length} bytes that were asked")
    return content
