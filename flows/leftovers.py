"""End what a killed run left behind: Prefect's temporary server outlives a process that is killed."""

import psutil

from flows.environment import Checkout, prefect_home

_EPHEMERAL = (
    "PREFECT__SERVER_EPHEMERAL"  # Prefect sets it for the servers that it starts for one process
)


def end_orphaned_servers(checkout: Checkout) -> int:
    """End the temporary servers of this checkout whose run is gone; returns how many.

    Only servers that Prefect started for one process, with this checkout's home, and whose parent is no
    Python process any more.
    """
    home = str(prefect_home(checkout))
    orphans = [process for process in psutil.process_iter() if _is_orphan(process, home)]
    for process in orphans:
        process.terminate()
    psutil.wait_procs(orphans, timeout=10)
    return len(orphans)


def _is_orphan(process: psutil.Process, home: str) -> bool:
    try:
        environment = process.environ()
        if _EPHEMERAL not in environment or environment.get("PREFECT_HOME") != home:
            return False
        parent = process.parent()
        return parent is None or "python" not in parent.name()
    except psutil.Error:  # it is gone, or not ours to look at
        return False
