"""What all commands share: where they print, and how they enter a checkout."""

import logging
from pathlib import Path

from rich.console import Console

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
