"""A headless Chromium for the tests of the page, driven over its DevTools protocol.

The browser reads commands from file descriptor 3 and writes answers to 4, each a JSON text that ends in NUL
(`--remote-debugging-pipe`): no port, no driver, nothing to install beside Chromium.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds for one answer; a busy machine starts Chromium in ten."""

KEYS = {
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "End": 35,
    "Home": 36,
    "Tab": 9,
    "Enter": 13,
}
SHIFT = 8

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def find_chromium() -> str | None:
    """Return the program, or None where there is none."""
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


class BrowserError(Exception):
    """The browser refused a command, or did not answer."""


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, program: str, profile: Path) -> None:
        commands, self._out = _pipe()
        self._in, answers = _pipe()
        nowhere = os.open(os.devnull, os.O_RDWR)
        moves = ((nowhere, 1), (nowhere, 2), (commands, 3), (answers, 4))
        self._pid = os.posix_spawn(
            program,
            [program, *_FLAGS, f"--user-data-dir={profile}"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, here, there) for here, there in moves],
        )
        os.close(nowhere)
        os.close(commands)
        os.close(answers)
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        """End the browser."""
        os.close(self._out)  # at the end of its commands Chromium ends
        end = time.monotonic() + PATIENCE
        while os.waitpid(self._pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > end:
                os.kill(self._pid, signal.SIGKILL)
            time.sleep(0.02)
        os.close(self._in)

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Give a command and wait for its answer; what happens meanwhile goes to `events`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") != self._number:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            piece = os.read(self._in, 1 << 20) if ready else b""
            if not piece:
                raise BrowserError("Chromium ended or does not answer")
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


class Tab:
    """One page in a window of its own."""

    def __init__(self, browser: Browser, *, width: int, height: int, touch: bool = False) -> None:
        self._browser = browser
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=touch,
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command to this page."""
        return self._browser.call(method, self._session, **params)

    def close(self) -> None:
        """Close the page."""
        self._browser.call("Target.closeTarget", targetId=self._target)

    def media(self, *, scheme: str = "light", kind: str = "screen") -> None:
        """Tell the page what the reader's system prefers, and whether it is printed."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def open(self, file: Path) -> None:
        """Load a file and wait until it is there."""
        self.call("Page.navigate", url=file.as_uri())
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def evaluate(self, script: str) -> Any:
        """Give the value of a JavaScript expression; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(script):
            if time.monotonic() > end:
                raise BrowserError(f"never true: {script}")
            time.sleep(0.02)

    def place(self, selector: str, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
        """Scroll an element into view; give a point of it in the window, as shares of its sides."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
        )
        return box[0] + x * box[2], box[1] + y * box[3]

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        x, y = self.place(selector)
        self._mouse("mousePressed", x, y)
        self._mouse("mouseReleased", x, y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the mouse between two points of the window."""
        self._mouse("mousePressed", *start)
        self._mouse("mouseMoved", *((a + b) / 2 for a, b in zip(start, end, strict=True)))
        self._mouse("mouseMoved", *end)
        self._mouse("mouseReleased", *end)

    def swipe(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with a finger."""
        middle = tuple((a + b) / 2 for a, b in zip(start, end, strict=True))
        for kind, points in (
            ("touchStart", [start]),
            ("touchMove", [middle]),
            ("touchMove", [end]),
            ("touchEnd", []),
        ):
            touches = [{"x": x, "y": y} for x, y in points]
            self.call("Input.dispatchTouchEvent", type=kind, touchPoints=touches)

    def wheel(self, at: tuple[float, float], down: float) -> None:
        """Turn the wheel over a point of the window."""
        self._mouse("mouseWheel", *at, deltaX=0, deltaY=down)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key: one of `KEYS`, or a character."""
        told: dict[str, Any] = {"key": key, "modifiers": SHIFT if shift else 0}
        if key in KEYS:
            told |= {"code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {} if key in KEYS and key != "Enter" else {"text": "\r" if key == "Enter" else key}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """Take a picture of the window, or of the whole page, as PNG."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(answer["data"]))

    def complaints(self) -> list[dict[str, Any]]:
        """List what the page wrote to the console, logged, or threw."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event for kind in kinds for event in self._events(kind)]

    def requests(self) -> list[str]:
        """List the addresses that the page asked for, without what lies inside it."""
        asked = [
            event["params"]["request"]["url"] for event in self._events("Network.requestWillBeSent")
        ]
        return [address for address in asked if not address.startswith("data:")]

    def _events(self, method: str) -> list[dict[str, Any]]:
        self.evaluate("0")  # reads what the browser has written so far
        return [
            event
            for event in self._browser.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]

    def _mouse(self, kind: str, x: float, y: float, **more: float) -> None:
        button = {} if kind == "mouseWheel" else {"button": "left", "buttons": 1, "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button, **more)


@contextmanager
def tab(browser: Browser, **window: Any) -> Iterator[Tab]:
    """Open a page, and close it in the end."""
    opened = Tab(browser, **window)
    try:
        yield opened
    finally:
        opened.close()


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are far from 3 and 4, which the browser's own take."""
    ends = os.pipe()
    far: Callable[[int], int] = lambda end: fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10)  # noqa: E731
    moved = far(ends[0]), far(ends[1])
    for end in ends:
        os.close(end)
    return moved
