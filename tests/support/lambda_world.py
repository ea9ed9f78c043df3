"""A world for the worker: AWS inside this process, and a real server of covers on loopback."""

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from PIL import Image

from collage_core.layout import keys
from collage_core.settings import Settings
from lambda_pkg.invocation import Invocation
from lambda_pkg.route import route
from lambda_pkg.services import Services

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

UPLOADED_AT = "2026-10-05T06:07:08.123Z"
TIMESTAMP = "20261005_060708"
HEADER = "creator_name,cover_url,updated_at\n"
NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


@dataclass(frozen=True)
class CoverServer:
    """Serves one JPEG under every path, except `/404/...`; `/slow/...` takes its time."""

    url: str
    requests: Counter[str] = field(default_factory=Counter)
    arrived: list[float] = field(default_factory=list)
    """When each request came, as `time.monotonic` says it."""
    down: set[str] = field(default_factory=set)
    """Paths that are answered with 503 for now."""


@dataclass(frozen=True)
class FakeContext:
    """The context that Lambda gives with an event. Its time may run `speed` times as fast."""

    ends_at: float
    speed: float = 1
    aws_request_id: str = "8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e"

    def get_remaining_time_in_millis(self) -> int:
        return round((self.ends_at - time.monotonic()) * self.speed * 1000)


@dataclass(frozen=True)
class World:
    """The account, the worker in it, and what stands in the worker's buckets."""

    services: Services
    covers: CoverServer
    s3: "S3Client"
    sqs: "SQSClient"

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def invoke(self, event: object, *, seconds: float = 300, speed: float = 1) -> dict[str, Any]:
        """One invocation that may last `seconds` of its time; its answer as Lambda sends it on."""
        context = FakeContext(time.monotonic() + seconds / speed, speed)
        answer = route(event, Invocation.begin(context, self.services))
        return json.loads(json.dumps(answer))  # type: ignore[no-any-return]

    def csv(self, covers_by_creator: dict[str, int], *, path: str = "ok") -> str:
        """A cover CSV with so many covers per creator, all on the cover server."""
        return HEADER + "".join(
            f"{creator},{self.covers.url}/{path}/{creator}/{number}.jpg,"
            f"2026-10-01 00:00:{number:02d}\n"
            for creator, count in covers_by_creator.items()
            for number in range(count)
        )

    def put(self, bucket: str, key: str, text: str, **metadata: str) -> str:
        """Write an object and return its ETag."""
        return self.services.store.put(
            bucket, key, text.encode(), content_type="text/csv", metadata=metadata
        )

    def upload(self, key: str, text: str, **metadata: str) -> dict[str, Any]:
        """Put a file into the input bucket; the event that S3 sends about it."""
        etag = self.put(self.settings.input_bucket, key, text, **metadata)
        item = {"key": quote_plus(key, safe="/"), "size": len(text.encode()), "eTag": etag}
        record = {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventTime": UPLOADED_AT,
            "s3": {
                "bucket": {"name": self.settings.input_bucket},
                "object": {**item, "sequencer": "0055AED6DCD90281E5"},
            },
        }
        return {"Records": [record]}

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return list(self.services.store.list_keys(bucket, prefix))

    def collages(self) -> list[str]:
        return self.keys(self.settings.output_bucket, "collages/2026")

    def document(self, bucket: str, key: str) -> dict[str, Any]:
        stored = self.services.store.get(bucket, key)
        assert stored is not None, f"{key} is not in {bucket}"
        return json.loads(stored.body)  # type: ignore[no-any-return]

    def summary(self) -> dict[str, Any]:
        """The only summary in the output bucket."""
        bucket = self.settings.output_bucket
        (key,) = (
            key for key in self.keys(bucket, "results/processing-summaries/") if ".json" in key
        )
        return self.document(bucket, key)

    def receive(self) -> list[dict[str, Any]]:
        """Everything in the queue, as the records of one SQS event; the queue is empty then."""
        records: list[dict[str, Any]] = []
        while found := self.sqs.receive_message(
            QueueUrl=self.settings.chunk_queue_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages"):
            for message in found:
                self.sqs.delete_message(
                    QueueUrl=self.settings.chunk_queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                records.append(
                    sqs_record(
                        message["Body"],
                        message["MessageId"],
                        sent=message["Attributes"]["SentTimestamp"],
                    )
                )
        return records


def sqs_record(
    body: str | dict[str, Any],
    message_id: str = "m-1",
    *,
    sent: str = "1791180428123",
    handle: str = "",
) -> dict[str, Any]:
    """A record of an SQS event; sent at TIMESTAMP unless told."""
    return {
        "eventSource": "aws:sqs",
        "messageId": message_id,
        "receiptHandle": handle or f"the handle of {message_id}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"SentTimestamp": sent},
    }


def sqs_event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def failed(*message_ids: str) -> dict[str, Any]:
    """The answer to a batch of which these messages failed."""
    return {"batchItemFailures": [{"itemIdentifier": name} for name in message_ids]}


def chunk_message(world: World, text: str, **changes: Any) -> dict[str, Any]:
    """The message of a DAG's run whose whole CSV is one chunk."""
    bucket, key = world.settings.input_bucket, "csv-files/2026/10/01/monthly_batch_20261001.csv"
    data = text.encode()
    first = data.index(b"\n") + 1
    return {
        "schema_version": 1,
        "processing_type": "csv_s3",
        "run_id": "monthly-1",
        "chunk_id": "00000-a",
        "bucket": bucket,
        "key": key,
        "etag": world.put(bucket, key, text, dispatch="sqs"),
        "byte_range": [first, len(data) - 1],
        "rows": text.count("\n") - 1,
        "creators": len({line.split(",")[0] for line in text.splitlines()[1:]}),
        "run_timestamp": "20261001_000000",
        "processing_config": {"rows": 2, "cols": 2},
        "output_prefix": "",
        **changes,
    }


def receipt(world: World, chunk_id: str = "00000-a") -> dict[str, Any]:
    """The receipt of a chunk of that run."""
    return world.document(world.settings.temp_bucket, keys.receipt("monthly-1", chunk_id))


@contextmanager
def serve_covers() -> Iterator[CoverServer]:
    """A cover server for the time of the block."""
    picture = io.BytesIO()
    Image.new("RGB", (90, 120), "teal").save(picture, "JPEG")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.arrived.append(time.monotonic())
            served.requests[self.path] += 1
            if self.path.startswith("/slow/"):
                time.sleep(0.1)
            missing = self.path.startswith("/404/")
            body = b"" if missing else picture.getvalue()
            self.send_response(503 if self.path in served.down else 404 if missing else 200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = CoverServer(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_settings(world: World, **changes: Any) -> World:
    """The same world with other settings in the worker."""
    settings = replace(world.settings, **changes)
    return replace(world, services=replace(world.services, settings=settings))
