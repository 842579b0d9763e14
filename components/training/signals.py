"""Ask a long step to stop: SIGINT and SIGTERM are noted, and obeyed where nothing is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether somebody wants the step to end."""

    def __init__(self) -> None:
        self.number: int | None = None

    def obey(self) -> None:
        """Leave, as the signal would have made us leave at once.

        Raises:
            KeyboardInterrupt: SIGINT was noted.
            SystemExit: SIGTERM was noted; status 143.
        """
        if self.number == signal.SIGINT:
            raise KeyboardInterrupt
        if self.number is not None:
            raise SystemExit(128 + self.number)


@contextmanager
def noted_signals() -> Iterator[StopRequest]:
    """Note SIGINT and SIGTERM instead of dying of them; a second SIGINT is not waited for.

    Outside the main thread, where Python allows no handlers, nothing is noted.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def note(number: int, _: FrameType | None) -> None:
        if request.number is not None:
            raise KeyboardInterrupt
        request.number = number

    before = {n: signal.signal(n, note) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
