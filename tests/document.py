"""The elements and the text of an HTML page, for tests."""

import re
from functools import cached_property
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "input"}


class Document(HTMLParser):
    """The elements of a page in order; fails on a tag that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "script"} and "svg" not in self._open:
            self.pieces.append(data)

    @cached_property
    def text(self) -> str:
        """What is read, without charts; spaces of all kinds as one."""
        return re.sub(r"\s+", " ", "".join(self.pieces))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
