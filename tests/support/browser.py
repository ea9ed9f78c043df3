"""A page in headless Chromium, used as a person uses it: clicks, keys, and looking.

It speaks the DevTools protocol, https://chromedevtools.github.io/devtools-protocol/. Clicks and
keys go through the browser's own input, so that a page cannot tell them from a person's.
"""

import base64
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

from tests.oddities.browser import chromium

_SECONDS = 30
_POLL_SECONDS = 0.05
_MOST_POLLS = 40
_MOST_TABS = 300
_NAVIGATED = "Inspected target navigated or closed"

_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]


@dataclass(frozen=True, slots=True)
class Page:
    """One tab. Places on it are JavaScript expressions that give an element, or nothing yet."""

    _connection: ClientConnection
    _numbers: Iterator[int] = field(default_factory=count)
    _complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        self._send("Page.navigate", url=url)

    def see(self, script: str, *, seconds: float = _SECONDS) -> Any:
        """The value of a JavaScript expression, as soon as it is a true one.

        Raises TimeoutError, with the text of the page, when it does not become true.
        """
        deadline = time.monotonic() + seconds
        while not (value := self.value(script)):
            if time.monotonic() > deadline:
                text = self.value("document.body.innerText")
                raise TimeoutError(f"{script} is {value!r} on this page:\n{text}")
            time.sleep(_POLL_SECONDS)
        return value

    def value(self, script: str) -> Any:
        """The value of a JavaScript expression now; None while the page changes."""
        try:
            answer = self._send("Runtime.evaluate", expression=script, returnByValue=True)
        except RuntimeError as error:
            if _NAVIGATED in str(error):  # it left the page while it was asked
                return None
            raise
        return answer["result"].get("value")

    def answer(self, script: str) -> Any:
        """The value with which a promise ends."""
        answer = self._send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """What the console has of errors since it was last asked for them."""
        self.value("0")  # whatever was said before is read now
        found = [*self._complaints]
        self._complaints.clear()
        return found

    def prefer(self, theme: str) -> None:
        """Prefer pages that are `light` or `dark`."""
        wanted = [{"name": "prefers-color-scheme", "value": theme}]
        self._send("Emulation.setEmulatedMedia", features=wanted)

    def watch_console(self) -> None:
        """Note what the console says of errors from now on."""
        for domain in ("Runtime", "Log"):
            self._send(f"{domain}.enable")

    def click(self, place: str) -> None:
        """Scroll to the place, and click on the middle of it when it no longer moves.

        It may be in a frame of the page.
        """
        script = f"""(() => {{
            const found = {place};
            if (!found) return null;
            found.scrollIntoViewIfNeeded();
            const {{x, y, width, height}} = found.getBoundingClientRect();
            const frame = found.ownerDocument.defaultView.frameElement?.getBoundingClientRect();
            return width && [(frame?.x ?? 0) + x + width / 2, (frame?.y ?? 0) + y + height / 2];
        }})()"""
        before, (x, y) = None, self.see(script)
        while before != (x, y):
            time.sleep(_POLL_SECONDS)
            before, (x, y) = (x, y), self.see(script)
        at = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for event in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", type=event, **at)

    def write(self, place: str, text: str) -> None:
        """Replace what a field holds, and leave the field."""
        self.click(place)
        self.value("document.activeElement.select?.(), null")
        self.insert(text)
        self.key("Tab", code=9)

    def insert(self, text: str) -> None:
        """Write where the cursor is."""
        self._send("Input.insertText", text=text)

    def write_date(self, place: str, keys: str) -> None:
        """Press keys in a field for a date, from its first part, the month."""
        self.click(place)
        self.value("document.activeElement.blur(), null")
        self.value(f"{place}.focus(), null")  # on its first part, wherever the click was
        for key in keys:
            self.key(key, code=ord(key), text=key)

    def key(self, name: str, *, code: int, text: str = "") -> None:
        """Press a key. With a text, it writes that."""
        for event in ("keyDown", "keyUp"):
            self._send(
                "Input.dispatchKeyEvent",
                type=event,
                key=name,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and event == "keyDown" else {}),
            )

    def tab_to(self, place: str) -> None:
        """Press Tab until the place has the focus, then Enter."""
        self.see(f"!!{place}")
        for _ in range(_MOST_TABS):
            self.key("Tab", code=9)
            if self.value(f"document.activeElement === {place}"):
                break
        else:
            raise TimeoutError(f"{_MOST_TABS} Tabs do not lead to {place}")
        self.key("Enter", code=13, text="\r")

    def save_downloads(self, folder: Path) -> None:
        """Save what is downloaded from now on in a folder."""
        self._send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def resize(self, width: int, height: int) -> None:
        self._send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def save_picture(self, path: Path) -> None:
        """A WebP of what the window shows, once nothing in it fades or moves any more."""
        moving = "document.getAnimations().filter(one => one.playState === 'running').length"
        for _ in range(_MOST_POLLS):  # a spinner never ends
            if not self.value(moving):
                break
            time.sleep(_POLL_SECONDS)
        picture = self._send("Page.captureScreenshot", format="webp", quality=80)["data"]
        path.write_bytes(base64.b64decode(picture))

    def _send(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._connection.recv(_SECONDS))).get("id") != number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _note(self, event: dict[str, Any]) -> None:
        """An event, or an answer that nobody waits for."""
        told = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self._complaints.append(str(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "assert"}:
                self._complaints.append(str(told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self._complaints.append(str(told["entry"]))


@contextmanager
def browser_page(*, width: int = 1200, height: int = 900) -> Iterator[Page]:
    """A page of a browser of its own, which ends with it.

    Raises FileNotFoundError when this machine has no Chromium.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [chromium(), *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        with subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LANGUAGE": "en_US"},  # the order of the parts of a date
        ) as browser:
            try:
                address = _debugger(Path(profile))
                with connect(address, max_size=None, proxy=None) as connection:
                    page = Page(connection)
                    page.resize(width, height)
                    yield page
            finally:
                browser.terminate()


def _debugger(profile: Path) -> str:
    """The address of the first tab, once the browser has written its port."""
    file = profile / "DevToolsActivePort"
    deadline = time.monotonic() + _SECONDS
    while not file.exists() or not file.read_text():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Chromium has not opened a port within {_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    port = file.read_text().splitlines()[0]
    with requests.Session() as session:
        session.trust_env = False  # no proxy between here and loopback
        tabs = session.get(f"http://127.0.0.1:{port}/json/list", timeout=_SECONDS).json()
    return next(str(tab["webSocketDebuggerUrl"]) for tab in tabs if tab["type"] == "page")
