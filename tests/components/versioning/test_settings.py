"""DVC's settings: read as DVC reads them, written so that DVC reads the same."""

import pytest

from components.errors import VersionError
from components.versioning import settings
from components.versioning.programs import run_dvc
from components.versioning.settings import Remote, section_of


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    return tmp_path


def test_a_checkout_without_settings_has_the_cache_that_dvc_would_make_and_no_remote(tmp_path):
    found = settings.read(tmp_path)
    assert (found.cache, found.remote) == (tmp_path / ".dvc/cache", None)


def test_local_settings_are_laid_over_common_ones_and_paths_start_where_they_do_for_dvc(root):
    (root / ".dvc/config").write_text(
        "[core]\n    remote = far\n    no_scm = true\n"
        "['remote \"far\"']\n    url = s3://bucket/prefix\n"
        "['remote \"near\"']\n    url = ../../near\n"
    )
    (root / ".dvc/config.local").write_text(
        "[core]\n    remote = near\n[cache]\n    dir = ../elsewhere\n"
        "['remote \"far\"']\n    secret_access_key = a=b\n"
    )
    found = settings.read(root)
    assert found.remote == Remote("near", str(root.parent / "near"))
    assert found.cache == root / "elsewhere"
    assert found.sections[section_of("far")] == {
        "url": "s3://bucket/prefix",
        "secret_access_key": "a=b",
    }
    said = run_dvc(root, "config", "--list", wait_seconds=0).splitlines()
    assert {f"remote.near.url={found.remote.url}", f"cache.dir={found.cache}"} <= set(said)


def test_written_settings_say_the_same_to_dvc_and_are_for_this_user_alone(root):
    run_dvc(root, "remote", "add", "-d", "my store", "s3://bucket/prefix", wait_seconds=0)
    run_dvc(root, "remote", "modify", "my store", "region", "eu-1", wait_seconds=0)
    before = run_dvc(root, "config", "--list", wait_seconds=0)
    file = root / ".dvc/config"
    sections = settings.read(root).sections
    file.unlink()
    settings.write(sections, file)
    assert run_dvc(root, "config", "--list", wait_seconds=0) == before
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[core\n", r"\.dvc/config: cannot be read: .*\(DVC writes this file\)"),
        ("[core]\nremote = far\n", r"core\.remote is 'far', which has no url; there are: none"),
    ],
    ids=["not closed", "a remote that is not there"],
)
def test_spoilt_settings_are_refused(root, text, reason):
    (root / ".dvc/config").write_text(text)
    with pytest.raises(VersionError, match=reason):
        settings.read(root)
