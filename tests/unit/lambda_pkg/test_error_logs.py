"""With ENABLE_DEBUG_LOGGING, a failed attempt leaves its log, bounded and without signatures."""

import logging
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.errors import MessageError
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.layout import keys
from lambda_pkg.error_logs import MOST_BYTES, MOST_LOGS
from lambda_pkg.last_lines import LastLines
from lambda_pkg.logs import OUR_PACKAGES
from tests.support.failures import Where, failure
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    failed,
    sqs_event,
    sqs_record,
    with_settings,
)

RUN, CHUNK = "monthly-1", "00000-a"
SECRET = "s3cretvalue"
SIGNED = f"https://cdn.example/1.jpg?x-expires=1&x-signature={SECRET}Signature"


@pytest.fixture
def debug(world: World, caplog: pytest.LogCaptureFixture) -> World:
    for name in OUR_PACKAGES:
        caplog.set_level(logging.DEBUG, name)
    headers = RequestHeaders({"cdn.example": {"Authorization": f"Bearer {SECRET}"}})
    return with_settings(world, enable_debug_logging=True, request_headers=headers)


def break_collages(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """From now on, every collage of bo raises the error when it is written."""
    put = S3Store.put

    def refusing(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        if "/bo_collage" in key and body:
            raise error
        return put(store, bucket, key, body, **options)

    patch.setattr(S3Store, "put", refusing)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    break_collages(monkeypatch, S3Error("S3 refuses it: try again"))


def deliver(world: World, body: Any, attempt: int = 1) -> dict[str, Any]:
    record = sqs_record(body)
    record["attributes"]["ApproximateReceiveCount"] = str(attempt)
    return world.invoke(sqs_event(record))


def kept(world: World) -> list[str]:
    return world.keys(world.settings.temp_bucket, keys.ERROR_LOGS)


def text(world: World, key: str) -> str:
    stored = world.services.store.get(world.settings.temp_bucket, key)
    assert stored is not None
    return stored.body.decode()


def two_creators(world: World) -> dict[str, Any]:
    return chunk_message(world, world.csv({"ana": 1, "bo": 1}))


@failure(
    Where.QUEUE,
    fault="An attempt at a chunk fails, and its reason is not enough",
    happens="With `ENABLE_DEBUG_LOGGING`, the last lines of the attempt are kept, and where in the "
    "code it failed",
    sees="`debug/error-logs/{run_id}/{chunk_id}/01.log` in the temp bucket, one for each attempt",
    fix="read it; set `ENABLE_DEBUG_LOGGING` to false when it is found",
)
@pytest.mark.usefixtures("refused")
def test_a_failed_attempt_leaves_its_lines_and_its_traceback(debug: World) -> None:
    assert deliver(debug, two_creators(debug)) == failed("m-1")
    assert kept(debug) == [keys.error_log(RUN, CHUNK, 1)]
    found = text(debug, keys.error_log(RUN, CHUNK, 1))
    assert found.startswith("Attempt 1 at m-1 failed with S3Error in invocation 8c5e4a3e-")
    assert "DEBUG collage_core.worker.chunk: Chunk 00000-a of run monthly-1: bytes " in found
    assert "INFO collage_core.worker.engine: ✓ Created collage collages/" in found
    assert "Message m-1 failed: S3Error: S3 refuses it: try again (it comes back)" in found
    assert "Traceback (most recent call last)" in found
    assert "in work_on_chunk" in found
    head = debug.s3.head_object(
        Bucket=debug.settings.temp_bucket, Key=keys.error_log(RUN, CHUNK, 1)
    )
    assert head["ContentType"] == "text/plain; charset=utf-8"


@pytest.mark.usefixtures("refused")
def test_each_attempt_has_a_log_of_its_own_up_to_the_most(debug: World) -> None:
    body = two_creators(debug)
    for attempt in (1, 2, MOST_LOGS, MOST_LOGS + 1, MOST_LOGS + 5):
        deliver(debug, body, attempt)
    logs = [keys.error_log(RUN, CHUNK, attempt) for attempt in (1, 2, MOST_LOGS)]
    assert kept(debug) == logs
    assert text(debug, logs[-1]).startswith(f"Attempt {MOST_LOGS + 5} at")
    assert "Attempt 1 at" not in text(debug, logs[1]), "lines of one attempt alone"


@pytest.mark.usefixtures("refused")
def test_without_the_setting_nothing_is_kept_and_nobody_listens(world: World) -> None:
    assert deliver(world, two_creators(world)) == failed("m-1")
    assert kept(world) == []


def test_what_succeeds_leaves_no_log(debug: World) -> None:
    assert deliver(debug, two_creators(debug)) == NOTHING_FAILED
    assert kept(debug) == []
    listening = [handler for name in OUR_PACKAGES for handler in logging.getLogger(name).handlers]
    assert not [handler for handler in listening if isinstance(handler, LastLines)]


def test_no_signature_and_no_header_is_in_a_log(
    debug: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_collages(
        monkeypatch,
        RuntimeError(f"no answer from {SIGNED} with Authorization: Bearer {SECRET}"),
    )
    assert deliver(debug, two_creators(debug)) == failed("m-1")
    found = text(debug, keys.error_log(RUN, CHUNK, 1))
    assert "RuntimeError: no answer from https://cdn.example/1.jpg?[removed]" in found
    assert SECRET not in found
    assert "x-signature" not in found


def test_a_log_has_its_last_lines_alone_when_there_are_many(
    debug: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_collages(monkeypatch, S3Error("no " * MOST_BYTES))
    for number in range(3000):
        logging.getLogger("collage_core").info("before it began %d", number)
    assert deliver(debug, two_creators(debug)) == failed("m-1")
    found = text(debug, keys.error_log(RUN, CHUNK, 1))
    assert "before it began" not in found
    assert MOST_BYTES < len(found.encode()) < 2 * MOST_BYTES + 1000


def test_the_oldest_lines_make_room_for_new_ones() -> None:
    log = logging.getLogger("lambda_pkg.error_logs")
    with LastLines(300) as lines:
        for number in range(50):
            log.warning("line %d", number)
        assert len(lines.text.splitlines()) > 3
        log.warning("%s", "é" * 1000)
        assert len(lines.text.encode()) <= 300
        log.warning("the last one")
    log.warning("after it")
    assert lines.text.endswith("the last one\n")
    assert "line 3\n" not in lines.text


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (S3Error("S3 says AccessDenied"), "S3 says AccessDenied"),
        (RuntimeError("whose text may have a signed URL in it"), "RuntimeError"),
    ],
)
@pytest.mark.usefixtures("refused")
def test_a_log_that_cannot_be_written_changes_nothing(
    debug: World,
    problem: Exception,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put = S3Store.put

    def refusing(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        if key.startswith(keys.ERROR_LOGS):
            raise problem
        return put(store, bucket, key, body, **options)

    monkeypatch.setattr(S3Store, "put", refusing)
    assert deliver(debug, two_creators(debug)) == failed("m-1")
    assert debug.document(debug.settings.temp_bucket, keys.failed_message(RUN, CHUNK))
    assert f"Error log {keys.error_log(RUN, CHUNK, 1)} is not kept: {why}\n" in caplog.text


def test_a_message_without_a_chunk_leaves_its_log_under_the_run_that_it_would_be(
    debug: World,
) -> None:
    assert deliver(debug, "{") == failed("m-1")
    (key,) = kept(debug)
    assert key.startswith(f"{keys.ERROR_LOGS}sqs-")
    assert key.endswith("/message/01.log")


def test_so_does_a_direct_invocation(debug: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MessageError):
        debug.invoke({"processing_type": "csv_data", "csv_data": 7})
    manual = keys.error_log("manual-8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e", None, 1)
    assert kept(debug) == [manual]
    break_collages(monkeypatch, S3Error("S3 refuses it"))
    for attempt in (1, 2):
        with pytest.raises(S3Error):
            debug.invoke(two_creators(debug))
        assert keys.error_log(RUN, CHUNK, attempt) in kept(debug)


@pytest.mark.usefixtures("refused")
def test_so_does_an_upload(debug: World) -> None:
    event = debug.upload("csv-files/2026/10/05/a.csv", debug.csv({"ana": 1, "bo": 1}))
    with pytest.raises(S3Error):
        debug.invoke(event)
    assert kept(debug) == [
        keys.error_log("s3-8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e", None, 1),
    ]
