"""Named points at which a test may kill the process; nothing happens unless RESTILL_KILL_AT names one.

The crash tests set RESTILL_KILL_AT to `name` or `name:number` and see that the next run loses nothing.
"""

import os
import signal

_KILL_AT = os.environ.get("RESTILL_KILL_AT", "")


def point(name: str, number: int = 0) -> None:
    """Die here, at once and without a word, when this is the point to die at.

    Args:
        name: Of the point.
        number: Of the time it is passed, where it is passed often.
    """
    if _KILL_AT and _KILL_AT in {name, f"{name}:{number}"}:
        os.kill(os.getpid(), signal.SIGKILL)
