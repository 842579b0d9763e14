"""What all commands share: where they print, and how they enter a checkout."""

import logging
import signal
from pathlib import Path

from rich.console import Console

from components.errors import ServerError
from flows.environment import Checkout, confine, find_checkout

out = Console()
err = Console(stderr=True)


def say(text: str) -> None:
    """Print a line as it is: paths and names are no markup, and are never broken."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def enter() -> Checkout:
    """Find the checkout, keep every tool inside it, and let our own log lines through."""
    checkout = find_checkout(Path.cwd())
    confine(checkout)
    logging.getLogger("components").setLevel(logging.INFO)
    return checkout


def start_server() -> None:
    """Start Prefect's temporary server, unless one is named, out of reach of the terminal's Ctrl-C.

    The terminal interrupts every process of a command. A run whose server is gone asks it in vain for
    minutes, then ends in a traceback.
    """
    from prefect.settings import PREFECT_API_URL

    if PREFECT_API_URL.value():
        _require_server(PREFECT_API_URL.value())
        return
    from prefect.server.api.server import SubprocessASGIServer

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the new process inherits
    try:
        SubprocessASGIServer().start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _require_server(address: str) -> None:
    """Ask a named server whether it is there."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        fault = client.api_healthcheck()
    if fault is not None:
        raise ServerError(f"Prefect at {address} (PREFECT_API_URL) does not answer: {fault}")
