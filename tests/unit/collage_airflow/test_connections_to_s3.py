"""Documents are read by many threads over one client of Airflow's hook."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

import pytest

from collage_airflow.aws import s3_hook
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.storage.documents import read_documents

_DOCUMENT = b'{"bucket": "b", "key": "k", "etag": "e"}'


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server that gives the same object under every key."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            sleep(0.02)  # so that all threads have a request under way
            self.send_response(200)
            self.send_header("ETag", '"0f"')
            self.send_header("Content-Length", str(len(_DOCUMENT)))
            self.end_headers()
            self.wfile.write(_DOCUMENT)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_pool_of_the_hooks_client_has_a_connection_for_each_reader(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection = {
        "conn_type": "aws",
        "login": "test",
        "password": "open sesame",
        "extra": {"endpoint_url": endpoint, "region_name": "us-east-1"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
    store = S3Store(s3_hook("aws_default").get_conn())
    with caplog.at_level("WARNING"):
        found = read_documents(store, "b", (f"key-{number}" for number in range(100)), CsvSource)
    assert len(found) == 100
    assert "Connection pool is full" not in caplog.text
