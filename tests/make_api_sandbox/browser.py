"""A headless Chromium, steered through its debugging pipe."""

import json
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")


def executable() -> str | None:
    """Where Chromium is, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page; every call waits for its answer."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to = to_browser
        self._from = os.fdopen(from_browser, "rb", closefd=False)
        self._count = 0
        self._session = ""
        self._waiting = b""
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        attached = self.do("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def do(self, method: str, **params: Any) -> Any:
        """Send a command of the DevTools protocol and return its result."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> bytes:
        while b"\0" not in self._waiting:
            self._waiting += os.read(self._from.fileno(), 65_536)
        message, _, self._waiting = self._waiting.partition(b"\0")
        return message

    def run(self, script: str) -> Any:
        """The value of an expression on the page; a promise is awaited."""
        found = self.do(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true, at most ten seconds."""
        self.run(
            "new Promise((done, lost) => { const began = Date.now(); const look = () =>"
            f" ({condition}) ? done() : Date.now() - began > 10000 ? lost(new Error("
            f"{json.dumps(condition)})) : requestAnimationFrame(look); look(); }})"
        )

    def open(self, url: str) -> None:
        """Go to an address and wait for the whole page."""
        self.do("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def press(self, key: str, code: int) -> None:
        """Press and release a key; Enter and the space bar type their text."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        of_key = {"key": key, "windowsVirtualKeyCode": code, "text": text}
        self.do("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **of_key)
        self.do("Input.dispatchKeyEvent", type="keyUp", **of_key)


@contextmanager
def browsing(profile: Path) -> Generator[Page]:
    """A page of a browser that ends with the block."""
    found = executable()
    assert found
    for_browser, to_browser = os.pipe()
    from_browser, by_browser = os.pipe()
    redirect = f'exec "$@" 3<&{for_browser} 4>&{by_browser}'
    command = ["bash", "-c", redirect, "bash", found, *FLAGS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        command, pass_fds=(for_browser, by_browser), stderr=subprocess.DEVNULL
    )
    os.close(for_browser)
    os.close(by_browser)
    try:
        yield Page(to_browser, from_browser)
    finally:
        process.kill()
        process.wait()
        os.close(to_browser)
        os.close(from_browser)
