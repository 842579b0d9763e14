"""All pages of an answer that MLflow gives a page at a time."""

from collections.abc import Callable, Iterator
from typing import Any


def pages(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    """Go through every item of every page.

    Args:
        ask: Token of a page, None for the first -> the page: its items, and as `token` that of the
            next one, empty behind the last.
    """
    token: str | None = None
    while True:
        page = ask(token)
        yield from page
        token = page.token
        if not token:
            return
