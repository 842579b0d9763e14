"""A checkout with two versions of its data, copied for each test because DVC takes a second."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.versioning.programs import run_git
from components.versioning.versions import commit

FIRST = {"train/a.png": b"a", "train/b.png": b"bb", "test/c.png": b"ccc"}
SECOND = {"train/a.png": b"another a", "train/b.png": b"bb", "test/ö d.png": b"dddd"}


@dataclass(frozen=True)
class Twice:
    """A git checkout; its data was recorded as `v1`, then changed and recorded as `v2`."""

    root: Path
    first: str
    second: str

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def cache(self) -> Path:
        return self.root / ".dvc/cache"

    def fill(self, contents):
        """Make data/ hold these files and no others."""
        shutil.rmtree(self.data, ignore_errors=True)
        for name, content in contents.items():
            (self.data / name).parent.mkdir(parents=True, exist_ok=True)
            (self.data / name).write_bytes(content)

    def clone(self):
        """Clone it with git, as a colleague does: neither data/ nor a cache comes along."""
        place = self.root.with_name("clone")
        run_git(self.root, "clone", "--quiet", str(self.root), str(place))
        shutil.copyfile(self.root / ".dvc/config", place / ".dvc/config")
        return Twice(place, self.first, self.second)

    def contents(self, folder=None):
        """Read every file of a folder, of data/ when none is named."""
        place = folder or self.data
        files = (file for file in place.rglob("*") if file.is_file())
        return {file.relative_to(place).as_posix(): file.read_bytes() for file in files}

    def md5(self, content):
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    def use_remote(self, url, **more):
        """Let the checkout's remote be there."""
        keys = {"url": url, **more}
        lines = ["[core]", "    remote = far", "['remote \"far\"']"]
        lines += [f"    {key} = {value}" for key, value in keys.items()]
        with (self.root / ".dvc/config.local").open("w") as file:
            file.write("\n".join([*lines, ""]))


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A home of its own, so that nobody's settings of git, DVC or AWS take part."""
    folder = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "XDG_", "DVC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder


@pytest.fixture(scope="session")
def _twice(tmp_path_factory):
    root = tmp_path_factory.mktemp("twice") / "checkout"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        run_git(root, "init", "--quiet", "--initial-branch=main")
        run_git(root, "config", "user.name", "Restill")
        run_git(root, "config", "user.email", "restill@example.org")
        digests = []
        for number, pictures in enumerate((FIRST, SECOND), start=1):
            made = Twice(root, "", "")
            made.fill(pictures)
            digests.append(commit(root, f"version {number}").new)
            run_git(root, "tag", f"v{number}")
    return Twice(root, *digests)


@pytest.fixture
def twice(_twice, tmp_path):
    """Data recorded as v1, then as v2; data/ is v2."""
    return Twice(shutil.copytree(_twice.root, tmp_path / "checkout"), _twice.first, _twice.second)


@dataclass(frozen=True)
class Far:
    """A remote, and the folder in which its objects lie."""

    url: str
    folder: Path
    settings: dict[str, str]

    def file(self, md5):
        return self.folder / "files/md5" / md5[:2] / md5[2:]


@pytest.fixture
def shelf(twice, tmp_path):
    """A folder as remote, empty."""
    twice.use_remote("../../shelf")
    return Far(str(tmp_path / "shelf"), tmp_path / "shelf", {})


@pytest.fixture
def bucket(twice, s3):
    """A bucket of a real S3 server as remote, empty."""
    name = s3.new_bucket()
    settings = {"endpointurl": s3.endpoint}
    twice.use_remote(f"s3://{name}/data", **settings)
    return Far(f"s3://{name}/data", s3.folder / name / "data", settings)


@pytest.fixture(params=["shelf", "bucket"])
def far(request):
    """A remote of either kind."""
    return request.getfixturevalue(request.param)
