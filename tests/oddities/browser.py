"""What Chromium makes of picture files: whether it shows them, and how they look.

A page loads every file as an `<img>` and draws it as the product does: in the middle of a cell
that it fills, on white, upright, in sRGB. It sends what it saw to the server that it came from, so
nothing but the browser is needed, and no driver.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from tests.oddities.look import COLUMNS, ROWS, Look

_TIMEOUT_SECONDS = 300

_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",  # keeps it running until it is ended
]

_PAGE = Path(__file__).with_name("page.html")


def chromium() -> str:
    """The browser's program; raises FileNotFoundError when this machine has none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise FileNotFoundError("no Chromium here: install it (Debian's package: chromium)")
    return program


def version() -> str:
    """Such as "Chromium 156.0.8078.108"."""
    printed = subprocess.run(  # noqa: S603  the browser, with options of ours
        [chromium(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\w+ [0-9.]+", printed)
    assert found, printed
    return found[0]


def looks_in_browser(pictures: Mapping[str, bytes]) -> dict[str, Look | None]:
    """The look of each picture, by its name; None for one that the browser does not show.

    Raises queue.Empty when the browser does not answer within _TIMEOUT_SECONDS.
    """
    names = list(pictures)
    with (
        _server(list(pictures.values())) as (address, answers),
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        command = [chromium(), *_OPTIONS, f"--user-data-dir={profile}", address]
        with subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as browser:
            try:
                looks = answers.get(timeout=_TIMEOUT_SECONDS)
            finally:
                browser.terminate()
    return dict(zip(names, looks, strict=True))


@contextmanager
def _server(bodies: Sequence[bytes]) -> Iterator[tuple[str, "Queue[list[Look | None]]"]]:
    """Serves the page and the pictures on loopback; what the page sends comes out of the queue."""
    answers: Queue[list[Look | None]] = Queue()
    sizes = json.dumps([*DEFAULT_CELL_SIZE, COLUMNS, ROWS])
    page = _PAGE.read_text().replace("= SIZES", f"= {sizes}").replace("< COUNT", f"< {len(bodies)}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = self.path.removeprefix("/pictures/")
            # No Content-Type for pictures: the browser finds out by their first bytes.
            if number.isdigit():
                self._answer(bodies[int(number)])
            elif self.path == "/":
                self._answer(page.encode(), "text/html; charset=utf-8")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"")

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, body: bytes, kind: str | None = None) -> None:
            self.send_response(200)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", answers
    finally:
        server.shutdown()
        server.server_close()
