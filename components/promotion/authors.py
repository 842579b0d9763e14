"""Who is at work: the process that writes an entry, and whether one that wrote is still there."""

import getpass
import os
import socket
from contextlib import suppress
from pathlib import Path

import psutil

from components.promotion.entries import Author

_SAME_START = 2.0  # seconds; a start is known to a tick of the clock, and the clock may be set


def here(flow_run: str = "") -> Author:
    """Describe this process.

    Args:
        flow_run: Prefect's name for what it does; empty outside a flow.
    """
    return Author(
        actor=os.environ.get("RESTILL_ACTOR") or _user(),
        flow_run=flow_run,
        host=socket.gethostname(),
        machine=_machine(),
        pid=os.getpid(),
        started=psutil.Process().create_time(),
    )


def is_gone(author: Author) -> bool:
    """Say whether an author's process has ended; of another machine nobody here knows, so False."""
    if author.machine != _machine():
        return False
    try:
        process = psutil.Process(author.pid)
        another = abs(process.create_time() - author.started) > _SAME_START
        return another or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def is_here(author: Author) -> bool:
    """Say whether an author's process is one of this machine, and has not ended."""
    return author.machine == _machine() and not is_gone(author)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return f"user {os.getuid()}"


def _machine() -> str:
    """Name what process numbers mean something in: hosts share names, containers share hosts."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(marks)
