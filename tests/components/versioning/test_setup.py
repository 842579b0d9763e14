"""What makes a folder ready for DVC."""

from components.versioning.programs import run_dvc
from components.versioning.setup import CONFIG, IGNORED, PRIVATE, set_up


def test_a_bare_folder_becomes_one_that_dvc_works_in(tmp_path):
    made = set_up(tmp_path, wait_seconds=0)
    assert sorted(made) == [".dvc/.gitignore", ".dvc/config", ".dvcignore"]
    assert [(tmp_path / name).read_text() for name in sorted(made)] == [PRIVATE, CONFIG, IGNORED]
    assert run_dvc(tmp_path, "root", wait_seconds=0) == ".\n"


def test_what_is_there_stays(tmp_path):
    (tmp_path / ".dvcignore").write_text("*.mine\n")
    assert ".dvcignore" not in set_up(tmp_path, wait_seconds=0)
    assert (tmp_path / ".dvcignore").read_text() == "*.mine\n"
    assert set_up(tmp_path, wait_seconds=0) == []
