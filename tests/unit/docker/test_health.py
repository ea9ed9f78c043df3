"""The health check of the containers says whether a server, or a part of Airflow, is well."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from subprocess import run
from threading import Thread
from typing import Any

import pytest

from local.folder import REPO


@contextmanager
def answering(status: int, body: Any) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/health"
        server.shutdown()
        thread.join()


def check(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, str(REPO / "docker" / "health.py"), *arguments]
    result = run(  # noqa: S603
        command, capture_output=True, text=True, check=False, env={"http_proxy": "http://10.0.0.1"}
    )
    return result.returncode, result.stderr.strip()


def test_a_server_that_answers_is_well() -> None:
    with answering(200, {}) as url:
        assert check(url) == (0, "")


def test_a_server_that_answers_with_an_error_is_not() -> None:
    with answering(500, {}) as url:
        code, message = check(url)
    assert code == 1
    assert "500" in message


def test_a_server_that_is_not_there_is_not_well() -> None:
    code, message = check("http://127.0.0.1:1/")
    assert code == 1
    assert "refused" in message


@pytest.mark.parametrize("status", ["healthy", "unhealthy", None])
def test_a_part_of_airflow_is_well_when_its_heart_beats(status: str | None) -> None:
    with answering(200, {"scheduler": {"status": status}}) as url:
        expected = (0, "") if status == "healthy" else (1, f"scheduler is {status}")
        assert check(url, "scheduler") == expected
