"""The JSON on the wire: as 0.1.0 wrote it before the contract was msgspec's, byte for byte.

The files in `written_before/` were written by the code of commit 38a3706 and are never written
again: a document that gains a field gets a file of its own.
"""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, defstruct
from msgspec.structs import replace

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.contract.answers import (
    DispatchedRun,
    QuarantinedUpload,
    SelfCheck,
    SkippedUpload,
    TotalRows,
)
from collage_core.contract.books import (
    Books,
    CreatorCounts,
    ObjectCounts,
    RowCounts,
    in_seconds,
)
from collage_core.contract.chunk import Chunk
from collage_core.contract.collage_metadata import (
    Cell,
    CollageMetadata,
    Grid,
    NotPlaced,
    ShownCover,
)
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.document import to_json
from collage_core.contract.done_upload import DoneUpload
from collage_core.contract.failed_answer import FailedAnswer
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.quarantine_reason import QuarantineReason
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.contract.rejected import RejectedRow, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.statistics import DailyStats, MonthlyReport, ProcessingLog
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.run.claims import claim_second
from collage_core.run.statistics import daily_stats, monthly_report, processing_log
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import to_document

FOLDER = Path(__file__).parent / "written_before"

TS = RunTimestamp.parse("20261005_060708")
SOURCE = CsvSource(
    "tiktok-image-temp",
    "processing/s3-20261005_060708-ä/ordered.csv",
    "3cbfe52ec9bd7f71bfbb3c4a74c0be81-1",
)
ORIGIN = CsvSource(
    "tiktok-image-input", 'manual-uploads/Bücher "1".csv', "d41d8cd98f00b204e9800998ecf8427e"
)
CONFIG = ProcessingConfig(rows=2, cols=3, quality=80, max_workers=16, timeout=10, max_retries=0)
CHUNKS = [
    Chunk("00000-5be1c7d24f09", (36, 1574309), 2004, 58, 2),
    Chunk("00001-0123456789ab", (1574310, 2099846), 700, 21, 2006),
]
REJECTED = [RejectedRow(7, "bad_row", 120, None), RejectedRow(19, "invalid_url", 900, "aná")]
DATES = DateCounts(2690, 14, "iso, month/day/year")
MANIFEST = Manifest(
    run_id="s3-20261005_060708-861fddcb",
    run_timestamp=TS,
    trigger=Trigger.S3,
    source=SOURCE,
    config=CONFIG,
    output_prefix="manual-batch/a",
    chunks=CHUNKS,
    rejected=Rejections({"no_creator": 2, "bad_row": 1}, 1, REJECTED),
    origin=ORIGIN,
    dates=DATES,
)
MESSAGE = MANIFEST.message(CHUNKS[1])
BOOKS = Books(
    RowCounts(2004, 1800, 100, 80, 4, 20),
    {"timeout": 18, "http_404": 2, "bad_row": 3, "invalid_url": 1},
    CreatorCounts(3, 1, 1, 1),
    ObjectCounts(2, 2, 123456789),
    in_seconds({"total": 23762, "fetch": 41131, "compose": 2642, "write": 2000, "decode": 7}),
)
RESULTS = [
    CreatorResult(
        "aná 🦄",
        Outcome.COMPLETE,
        RowCounts(1000, 1000),
        "collages/2026/10/05/s3-trigger/an=C3=A1_collage_20261005_060708.jpg",
    ),
    CreatorResult('b"o\n', Outcome.PARTIAL, RowCounts(1000, 800, 100, 80, 4, 16), "collages/x.jpg"),
    CreatorResult("ci", Outcome.FAILED, RowCounts(4, failed=4), None),
]
RECEIPT = Receipt(
    run_id=MANIFEST.run_id,
    run_timestamp=TS,
    trigger=Trigger.S3,
    source=SOURCE,
    chunk_id=CHUNKS[0].chunk_id,
    byte_range=CHUNKS[0].byte_range,
    books=BOOKS,
    results=RESULTS,
    rejected=REJECTED,
    lines=2010,
    dates=DATES,
)
SUMMARY = RunSummary(
    run_id=MANIFEST.run_id,
    run_timestamp=TS,
    trigger=Trigger.S3,
    source=ORIGIN,
    books=BOOKS,
    chunks=2,
    rejected=REJECTED,
    dates=DATES,
)
EMPTY = RunSummary(
    run_id="monthly-1",
    run_timestamp=TS.later(60),
    trigger=Trigger.SQS,
    source=SOURCE,
    books=Books(),
    chunks=0,
    rejected=[],
)
FAILED = RunSummary(
    run_id="manual-1",
    run_timestamp=RunTimestamp.parse("20261006_000000"),
    trigger=Trigger.MANUAL,
    source=SOURCE,
    books=Books(
        RowCounts(2, failed=2),
        {"http_403": 2},
        CreatorCounts(1, failed=1),
        seconds=in_seconds({"total": 1}),
    ),
    chunks=1,
    rejected=[],
    dates=DateCounts(0, 2),
)
RUNS = [FAILED, SUMMARY, EMPTY]
METADATA = CollageMetadata(
    run_id=MANIFEST.run_id,
    run_timestamp=TS,
    trigger=Trigger.S3,
    result=replace(RESULTS[1], reasons={"timeout": 15, "http_404": 1, "bad_row": 4}),
    grid=Grid(rows=2, cols=3, cell_width=300, cell_height=400),
    cells=[
        Cell(
            row=number // 3,
            col=number % 3,
            cover=ShownCover(
                url=f"https://cdn.example/{number}.jpg",
                updated_at=moment.isoformat() if moment else None,
            ),
        )
        for number, moment in enumerate(
            [
                datetime(2026, 9, 30, 12, tzinfo=UTC),
                datetime(2026, 9, 30, 12, microsecond=5, tzinfo=UTC),
                None,
                None,
            ]
        )
    ],
    not_placed=[
        NotPlaced(
            cover=ShownCover(url="https://cdn.example/8.jpg", updated_at=None), reason="duplicate"
        ),
        NotPlaced(
            cover=ShownCover(
                url="https://cdn.example/9.jpg", updated_at="2026-09-30T12:00:00+00:00"
            ),
            reason="http_404",
        ),
    ],
)
ANSWERS = "debug/failed-downloads/s3-20261005_060708-861fddcb/00001-0123456789ab/"
FAILED_ANSWER = FailedAnswer(
    run_id=MANIFEST.run_id,
    chunk_id=CHUNKS[1].chunk_id,
    offset=1574344,
    creator="aná 🦄",
    reason="not_an_image",
    urls=["https://a.example/1.jpg", "https://cdn.example:8443/1.jpg"],
    host="cdn.example:8443",
    status=200,
    headers=[("Content-Type", "text/html"), ("Set-Cookie", "[removed]"), ("X-É", "é")],
    received_bytes=19,
    kept_bytes=19,
    redacted_bytes=6,
    body_key=f"{ANSWERS}000001574344-not_an_image.body",
)
SETTINGS = Settings(
    chunk_rows=2000,
    default_max_images_per_creator=12,
    allowed_source_hosts=("*.cdn.example", "127.0.0.1"),
)
SETTINGS_OF_0_1 = [
    field.name
    for field in fields(Settings)
    if field.name.removeprefix("default_") not in PictureOptions.__struct_fields__
    and "_above_" not in field.name
    and field.name
    not in {
        "keep_covers_days",
        "request_headers",
        "host_limits",
        "function_concurrency",
        "heal_rounds",
        "heartbeat_seconds",
        "browser_s3_endpoint",
        "metrics_namespace",
        "metrics_environment",
    }
]
DISPATCHED = DispatchedRun(
    run_id=MANIFEST.run_id, run_timestamp=TS, rows=TotalRows(MANIFEST.rows), chunks=2
)

FAILED_MESSAGE = FailedMessage(
    message_id="8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e",
    sent=TS,
    body_bytes=512,
    body_sha256="b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
    run_id=MANIFEST.run_id,
    chunk_id=CHUNKS[1].chunk_id,
    error="SourceChangedError",
    reason="the CSV was replaced since its run was planned: start the run again",
)
STORED: dict[str, Struct] = {
    "manifest": MANIFEST,
    "manifest_of_no_rows": Manifest(run_id="monthly-1", run_timestamp=TS, source=SOURCE, chunks=[]),
    "receipt": RECEIPT,
    "receipt_partial": replace(
        RECEIPT, results=RESULTS[:1], rejected=[], resume_at=90210, lines=1000, dates=DateCounts()
    ),
    "receipt_without_dates": replace(
        RECEIPT, books=Books(), results=[], rejected=[], lines=0, dates=None
    ),
    "receipt_with_reasons": replace(
        RECEIPT,
        results=[
            replace(RESULTS[0], reasons={}),
            replace(RESULTS[2], reasons={"timeout": 3, "http_404": 1}),
        ],
    ),
    "summary": SUMMARY,
    "summary_of_no_rows": EMPTY,
    "summary_of_a_failed_run": FAILED,
    "processing_log": processing_log("20261005", RUNS),
    "daily_stats": daily_stats("20261005", RUNS),
    "monthly_report": monthly_report("202610", RUNS),
    "monthly_report_of_no_runs": monthly_report("202612", RUNS),
    "metadata": METADATA,
    "metadata_without_collage": replace(
        METADATA, result=replace(RESULTS[2], reasons={}), cells=[], not_placed=[]
    ),
    "failed_answer": FAILED_ANSWER,
    "failed_answer_without_body": replace(
        FAILED_ANSWER,
        offset=1574444,
        reason="unsupported_encoding",
        urls=["https://a.example/1.jpg"],
        host="a.example",
        status=206,
        headers=[("Content-Encoding", "br")],
        received_bytes=5,
        kept_bytes=0,
        redacted_bytes=0,
        body_key=None,
    ),
    "quarantine_reason": QuarantineReason(
        source=ORIGIN,
        uploaded=TS,
        reason='the first line has no column cover_url: rename "url"',
    ),
    "done_upload": DoneUpload(
        origin=ORIGIN,
        moved_to='archived/2026/processed_files/manual-uploads/Bücher "1"_20261005_060708.csv',
        run_id=MANIFEST.run_id,
        run_timestamp=TS,
        status="partial",
        output_bucket="tiktok-image-output",
        collages="collages/2026/10/05/s3-trigger/",
        summary_key="results/processing-summaries/2026/10/processing_summary_20261005_060708.json",
        results_key="results/processing-summaries/2026/10/batch_results_20261005.csv",
        books=BOOKS,
    ),
    "failed_message": FAILED_MESSAGE,
    "failed_message_without_chunk": replace(
        FAILED_MESSAGE,
        run_id="sqs-b5bb9d8014a0f9b1d61e21e796d78dcc",
        chunk_id=None,
        error="MessageError",
        reason="message body is not JSON",
    ),
    "self_check": SelfCheck(
        ok=False,
        version="0.1.0",
        settings=defstruct("SettingsOf01", SETTINGS_OF_0_1)(
            *[getattr(SETTINGS, name) for name in SETTINGS_OF_0_1]
        ),
        buckets={
            "tiktok-image-input": "reachable",
            "tiktok-image-output": "reachable",
            "tiktok-image-temp": "bucket tiktok-image-temp cannot be used: S3 says AccessDenied",
        },
        queue="reachable",
        timeout_seconds=120,
    ),
    "dispatched": DISPATCHED,
    "upload_skipped": SkippedUpload(
        bucket=ORIGIN.bucket,
        key=ORIGIN.key,
        detail="it is gone: archived, quarantined or deleted since",
    ),
    "upload_quarantined": QuarantinedUpload(
        bucket=ORIGIN.bucket,
        key=ORIGIN.key,
        moved_to="archived/failed/x.csv",
        detail="the first line is no CSV",
    ),
}
"""Documents as they are stored or answered, by the name of their file."""

OF_AN_UPLOAD: dict[str, Struct] = {"upload_dispatched": DISPATCHED, "upload_summary": SUMMARY}
"""Answers that follow the bucket and key of the upload."""

MESSAGES = {"message": MESSAGE, "message_without_trigger": replace(MESSAGE, trigger=None)}

READ: dict[str, type[Struct]] = {
    "manifest": Manifest,
    "manifest_of_no_rows": Manifest,
    "receipt": Receipt,
    "receipt_partial": Receipt,
    "receipt_without_dates": Receipt,
    "receipt_with_reasons": Receipt,
    "summary": RunSummary,
    "summary_of_no_rows": RunSummary,
    "summary_of_a_failed_run": RunSummary,
    "processing_log": ProcessingLog,
    "daily_stats": DailyStats,
    "monthly_report": MonthlyReport,
    "monthly_report_of_no_runs": MonthlyReport,
    "metadata": CollageMetadata,
    "metadata_without_collage": CollageMetadata,
    "quarantine_reason": QuarantineReason,
    "done_upload": DoneUpload,
    "failed_message": FailedMessage,
    "failed_message_without_chunk": FailedMessage,
    "failed_answer": FailedAnswer,
    "failed_answer_without_body": FailedAnswer,
    "dispatched": DispatchedRun,
    "upload_skipped": SkippedUpload,
    "upload_quarantined": QuarantinedUpload,
}


def before(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def test_every_file_is_compared() -> None:
    compared = {*STORED, *OF_AN_UPLOAD, *MESSAGES}
    assert {path.stem for path in FOLDER.iterdir()} == {*compared, "claim"}


@pytest.mark.parametrize("name", STORED)
def test_a_document_is_written_with_the_same_bytes(name: str) -> None:
    assert to_document(STORED[name]) == before(name)


@pytest.mark.parametrize("name", OF_AN_UPLOAD)
def test_the_answer_about_an_upload_has_the_same_bytes(name: str) -> None:
    answer = {"bucket": ORIGIN.bucket, "key": ORIGIN.key, **to_json(OF_AN_UPLOAD[name])}
    written = json.dumps(answer, ensure_ascii=False, indent=2).encode() + b"\n"
    assert written == before(name)


@dataclass
class Queue:
    """Keeps the bodies that are sent."""

    bodies: list[str]

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: ARG002, N803 - SQS's names
        self.bodies += [entry["MessageBody"] for entry in Entries]
        return {}

    class exceptions:  # noqa: N801 - as in boto3
        ClientError = Exception


def test_messages_are_sent_with_the_same_bytes() -> None:
    queue = Queue([])
    ChunkQueue(queue, url="the queue").send(MESSAGES.values())  # type: ignore[arg-type]
    assert [body.encode() for body in queue.bodies] == [before(name) for name in MESSAGES]


def test_a_claim_is_the_name_of_its_run(tmp_path: Path) -> None:
    settings = Settings()
    store = DirectoryStore(
        {settings.output_bucket: tmp_path / "out", settings.temp_bucket: tmp_path / "temp"}
    )
    claim_second(store, settings, TS, run_id=MANIFEST.run_id)
    (claim,) = (path for path in tmp_path.rglob("*.txt"))
    assert claim.read_bytes() == (FOLDER / "claim.txt").read_bytes()


@pytest.mark.parametrize("name", READ)
def test_a_document_that_was_written_before_is_read_as_it_was_meant(name: str) -> None:
    assert to_document(read(before(name), READ[name])) == before(name)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_that_was_written_before_is_read_as_it_was_meant(name: str) -> None:
    message = parse_message(before(name).decode())
    assert isinstance(message, ChunkMessage)
    assert message == MESSAGES[name]


@pytest.mark.parametrize(
    ("config", "output_prefix", "trigger", "names"),
    [
        (
            ProcessingConfig(),
            "",
            Trigger.SQS,
            ["a4b48fcfc21b24daa0c9aeaa", "fa08f71fbddf5d9f8baf48b3"],
        ),
        (
            ProcessingConfig(rows=2, quality=80),
            "manual-batch/a",
            Trigger.S3,
            ["280d57e2782b58d830f67eb2", "983d0f1172a1dad2e9d70cf8"],
        ),
    ],
)
def test_chunks_keep_their_names_under_the_same_picture_rules(
    config: ProcessingConfig, output_prefix: str, trigger: Trigger, names: list[str]
) -> None:
    spans = [
        ChunkSpan((36, 1574309), 2004, 58, 2, "ana", "a" * 64),
        ChunkSpan((1574310, 2099846), 700, 21, 2006, "bo", "b" * 64),
    ]
    planned = replace(
        MANIFEST,
        config=config,
        output_prefix=output_prefix,
        trigger=trigger,
        cell_size="300x400",
        covers_per_creator=35,
        by_creator_copies=True,
    )
    assert [chunk.chunk_id for chunk in name_chunks(spans, planned)] == names


def test_a_run_that_an_earlier_release_planned_asks_for_its_chunks_as_before() -> None:
    planned = read(before("manifest"), Manifest)
    message = to_json(planned.message(planned.chunks[1]))
    assert message["chunk_id"] == "00001-0123456789ab"
    assert not {"rows_sha256", "cell_size", "covers_per_creator"} & message.keys()
