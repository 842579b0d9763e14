"""`dvc` and `git`, run in a checkout as programs.

DVC is not imported, because it promises nothing about its Python classes; in return its errors come as
text, from which one line is kept.
"""

import logging
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from components.errors import VersionError

log = logging.getLogger(__name__)

# Set where git runs a hook; they would lead both programs to another repository.
_NOT_INHERITED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def run_dvc(root: Path, *arguments: str, wait_seconds: float) -> str:
    """Run DVC; while another DVC process holds its lock, try again.

    Args:
        root: The checkout.
        arguments: The command and what belongs to it.
        wait_seconds: How long to try. One try takes up to four seconds, and is always finished.

    Returns:
        What it printed, without its warnings.

    Raises:
        VersionError: DVC failed, in its own words; or the lock was not free in time, with the lock's
            file and the process that holds it.
    """
    # -P: a dvc.py in the checkout is not DVC.
    command = [sys.executable, "-P", "-m", "dvc", *arguments]
    deadline = time.monotonic() + wait_seconds
    waiting = False
    while (done := _run(root, command)).returncode != 0:
        holder = _holder_of_lock(root, done.stderr)
        if holder is None:
            raise VersionError(f"dvc {arguments[0]}: {_cause_and_last_words(done)}")
        if time.monotonic() >= deadline:
            raise VersionError(f"{holder}; gave up after {wait_seconds:g} s")
        if not waiting:
            log.warning("%s; waiting for it", holder)
        waiting = True
        time.sleep(0.2)
    return done.stdout


def run_git(root: Path, *arguments: str, given: str | None = None) -> str:
    """Run git and return what it printed, without white space at the ends.

    Args:
        root: The checkout.
        arguments: The command and what belongs to it.
        given: What it reads from its standard input; nothing when None.

    Raises:
        VersionError: git is not installed, or failed, in its own last words.
    """
    program = shutil.which("git")
    if program is None:
        raise VersionError("git: not found on this machine")
    done = _run(root, [program, *arguments], given)
    if done.returncode != 0:
        raise VersionError(f"git {arguments[0]}: {_last_words(done)}")
    return done.stdout.strip()


def _run(
    root: Path, command: list[str], given: str | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the two programs above, no shell
        command,
        cwd=root,
        env=_environment(root.absolute()),
        input=given or "",
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _environment(root: Path) -> dict[str, str]:
    """Keep DVC's own files inside the checkout, and git at the checkout's repository."""
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return inherited | {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": f"{root}/.dvc/tmp/site",
        "DVC_GLOBAL_CONFIG_DIR": f"{root}/.dvc/tmp/global",
        "DVC_SYSTEM_CONFIG_DIR": f"{root}/.dvc/tmp/system",
    }


def _holder_of_lock(root: Path, said: str) -> str | None:
    """Say which lock stood in DVC's way, and whose it is; None when it failed for another reason."""
    busy = re.search(r"is busy, it is being blocked by:\s+\(PID (\d+)\): (.+)", said)
    if busy:
        return f"{root}/.dvc/tmp/rwlock: held by process {busy[1]} ({busy[2]})"
    if "Unable to acquire lock" not in said:
        return None
    lock = root / ".dvc/tmp/lock"
    return f"{lock}: held by process {lock.read_text().strip() if lock.is_file() else '?'}"


def _last_words(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the last line that is marked as an error, else the last line."""
    said = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines()]
    lines = [line for line in said if line and not line.startswith("hint:")]
    last = [f"status {done.returncode} without a word", *lines, *_errors(lines)][-1]
    return _without_mark(last)


def _cause_and_last_words(done: "subprocess.CompletedProcess[str]") -> str:
    """Begin with the first error: where files failed, DVC says first why, and last how many."""
    last = _last_words(done)
    cause = _without_mark([*_errors(done.stderr.splitlines()), last][0])
    return last if cause == last else f"{cause}; {last}"


def _errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("ERROR: ", "error: ", "fatal: "))]


def _without_mark(line: str) -> str:
    return line.removeprefix("ERROR: ").removeprefix("unexpected error - ")
