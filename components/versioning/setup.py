"""DVC's own files in a checkout: those that a clone brings, and whether git is there."""

from pathlib import Path

from components.versioning.programs import run_dvc

CONFIG = """\
[core]
    analytics = false
    check_update = false
    autostage = false
"""
"""`.dvc/config`: DVC calls nobody, and leaves git's staging area alone."""

PRIVATE = """\
/config.local
/tmp
/cache
"""
"""`.dvc/.gitignore`, as `dvc init` writes it."""

IGNORED = """\
# Not data: what file browsers and notebooks leave behind. DVC does not record these.
.DS_Store
._*
__MACOSX/
Thumbs.db
desktop.ini
.directory
.ipynb_checkpoints/
"""
"""`.dvcignore`."""

_FILES_OF_DVC = ((".dvc/config", CONFIG), (".dvc/.gitignore", PRIVATE), (".dvcignore", IGNORED))


def set_up(root: Path, wait_seconds: float) -> list[str]:
    """Make DVC ready for a checkout, with git or without.

    Args:
        root: The checkout.
        wait_seconds: How long to wait for another DVC process.

    Returns:
        The files made, relative to the checkout; they belong into git.

    Raises:
        VersionError: DVC failed.
    """
    made = [] if (root / ".dvc/config").exists() else _write_files_of_dvc(root)
    without_git = not (root / ".git").exists()
    local = root / ".dvc/config.local"
    if without_git != (local.is_file() and b"no_scm" in local.read_bytes()):
        change = ["core.no_scm", "true"] if without_git else ["--unset", "core.no_scm"]
        run_dvc(root, "config", "--local", *change, wait_seconds=wait_seconds)
    return made


def _write_files_of_dvc(root: Path) -> list[str]:
    """Write what a clone brings; unlike `dvc init` this is the same without git, and stages nothing."""
    missing = [(name, content) for name, content in _FILES_OF_DVC if not (root / name).exists()]
    (root / ".dvc").mkdir(exist_ok=True)
    for name, content in missing:
        (root / name).write_text(content)
    return [name for name, _ in missing]
