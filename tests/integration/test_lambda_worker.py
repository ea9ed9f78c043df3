"""The function from its real zip, under its real role, called by real events of S3 and SQS."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import Json, to_json
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
from local import loopback
from local.cover_server import STATS_PATH
from local.provision import DLQ, FUNCTION, QUEUE
from local.sample.mark import Mark
from local.sample.urls import Trouble, cover_path, signed
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.failures import Where, failure
from tests.support.waiting import eventually
from tests.support.workers import function_denied, function_with

HEADER = "creator_name,cover_url,updated_at\n"


def cover(twin: Twin, creator: int, number: int, trouble: Trouble | None = None) -> str:
    return twin.covers.url + signed(cover_path(Mark(creator, number), trouble))


def csv(twin: Twin, creators: dict[str, int], *extra: str) -> str:
    """A CSV with so many covers of each creator, in no order, and the extra lines."""
    lines = [
        f"{name},{cover(twin, index, number)},2026-10-01T00:{number:02d}:00Z"
        for index, (name, count) in enumerate(creators.items(), start=1)
        for number in range(1, count + 1)
    ]
    lines += extra
    random.Random(4).shuffle(lines)  # noqa: S311 - any order will do
    return HEADER + "\n".join(lines) + "\n"


def listed(twin: Twin, bucket: str, prefix: str) -> list[str]:
    pages = twin.aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def document(twin: Twin, bucket: str, key: str) -> dict[str, Any]:
    body = twin.aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return json.loads(body)  # type: ignore[no-any-return]


def invoke(twin: Twin, event: Json) -> dict[str, Any]:
    """The function's answer to a direct invocation."""
    answer = twin.aws.functions().invoke(FunctionName=FUNCTION, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read())
    assert not answer.get("FunctionError"), payload
    return payload  # type: ignore[no-any-return]


def queue_url(twin: Twin, name: str) -> str:
    return twin.aws.sqs().get_queue_url(QueueName=name)["QueueUrl"]


def send(twin: Twin, body: str | Json) -> None:
    twin.aws.sqs().send_message(
        QueueUrl=queue_url(twin, QUEUE),
        MessageBody=body if isinstance(body, str) else json.dumps(body),
    )


def summary_of(twin: Twin, belongs: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The summary for which `belongs` is true, once it is there."""

    def look() -> dict[str, Any] | None:
        found = (key for key in listed(twin, OUTPUT_BUCKET, keys.SUMMARIES) if ".json" in key)
        return next(filter(belongs, (document(twin, OUTPUT_BUCKET, key) for key in found)), None)

    return eventually(look)


def drop(twin: Twin, key: str, text: str, **metadata: str) -> None:
    """Upload a file as an analyst would."""
    twin.aws.s3().put_object(
        Bucket=INPUT_BUCKET, Key=key, Body=text.encode(), Metadata=metadata, ContentType="text/csv"
    )


@pytest.fixture
def key() -> str:
    """A key of an uploaded CSV that no other test has, with characters that events escape."""
    return f"csv-files/2026/10/05/fans of ünï+{uuid4().hex}.csv"


def test_the_function_reaches_all_that_it_needs_under_its_own_role(twin: Twin) -> None:
    answer = invoke(twin, {})
    assert answer["ok"], answer


def test_an_uploaded_csv_is_worked_on_without_airflow(twin: Twin, key: str) -> None:
    text = csv(
        twin,
        {"drop ana": 3, "drop/bo": 1},
        f"drop ana,{cover(twin, 1, 9, Trouble.NOT_FOUND)},2026-10-02",
        ",https://nobody.example/1.jpg,2026-10-01",
    )
    drop(twin, key, text)
    summary = summary_of(twin, lambda summary: summary["source"]["key"] == key)
    assert summary["rows"] == {
        "total": 6, "placed": 4, "duplicate": 0, "not_selected": 0, "rejected": 1, "failed": 1
    }  # fmt: skip
    assert summary["reasons"] == {"http_404": 1, "no_creator": 1}
    assert summary["trigger"] == "s3-trigger"
    timestamp = RunTimestamp.parse(summary["run_timestamp"])
    of_day = listed(twin, OUTPUT_BUCKET, f"collages/{timestamp.day_path}/s3-trigger/drop")
    written = [key for key in of_day if str(timestamp) in key]
    assert len(written) == summary["objects"]["collages"] == 2
    eventually(lambda: not listed(twin, INPUT_BUCKET, key))
    done = keys.done_upload(key, timestamp)
    archived = [keys.archived_upload(key, timestamp), done]
    eventually(lambda: listed(twin, INPUT_BUCKET, archived[0]) == archived)
    assert document(twin, INPUT_BUCKET, done)["rows"] == summary["rows"]


@pytest.mark.parametrize("suffix", ["CSV", "Csv"])
def test_a_csv_whose_suffix_is_in_capitals_is_worked_on_and_archived(
    twin: Twin, suffix: str
) -> None:
    key = f"csv-files/{uuid4().hex}/October best.{suffix}"
    drop(twin, key, csv(twin, {"october": 2}))
    summary = summary_of(twin, lambda summary: summary["source"]["key"] == key)
    assert summary["rows"]["placed"] == 2
    timestamp = RunTimestamp.parse(summary["run_timestamp"])
    archived = [keys.archived_upload(key, timestamp), keys.done_upload(key, timestamp)]
    assert archived[0].endswith(f"/October best_{timestamp}.{suffix}")
    eventually(lambda: listed(twin, INPUT_BUCKET, archived[0]) == archived)
    assert listed(twin, INPUT_BUCKET, key) == []


def test_a_csv_in_manual_uploads_waits_for_the_message_that_names_it(twin: Twin) -> None:
    key = f"manual-uploads/fans of ünï+{uuid4().hex}.csv"
    drop(twin, key, csv(twin, {"wait ana": 3, "wait bo": 1}))
    message = {
        "processing_type": "csv_s3",
        "bucket": INPUT_BUCKET,
        "key": key,
        "processing_config": {"rows": 2, "cols": 2},
        "output_prefix": "named",
    }
    send(twin, message)
    summary = summary_of(twin, lambda summary: summary["source"]["key"] == key)
    assert summary["trigger"] == "manual"
    assert summary["rows"]["placed"] == summary["rows"]["total"] == 4
    eventually(lambda: not listed(twin, INPUT_BUCKET, key))
    made = listed(twin, OUTPUT_BUCKET, "collages/manual/named/wait")
    assert len(made) == 2
    # Again, and directly: the run is found, though the CSV is in the archive.
    assert invoke(twin, message) == summary
    assert listed(twin, OUTPUT_BUCKET, "collages/manual/named/wait") == made
    assert not listed(twin, OUTPUT_BUCKET, "collages/2026/10/05/s3-trigger/wait")


def test_a_large_csv_is_shared_by_workers_and_the_last_one_finishes_it(
    twin: Twin, key: str
) -> None:
    text = csv(twin, {f"large {number:02d}": 80 for number in range(1, INLINE_ROWS // 80 + 2)})
    drop(twin, key, text)
    summary = summary_of(twin, lambda summary: summary["source"]["key"] == key)
    assert summary["chunks"] > 1
    assert summary["rows"]["total"] == text.count("\n") - 1 > INLINE_ROWS
    assert summary["rows"]["placed"] == 35 * summary["creators"]["complete"]
    eventually(lambda: not listed(twin, INPUT_BUCKET, key))


def test_a_csv_of_a_dag_is_left_alone(twin: Twin, key: str) -> None:
    drop(twin, key, csv(twin, {"left": 1}), dispatch="sqs")
    marker = f"csv-files/marker/{uuid4().hex}.csv"
    drop(twin, marker, HEADER)
    # The later file is through, so the earlier one's event has been seen, too.
    summary_of(twin, lambda summary: summary["source"]["key"] == marker)
    assert listed(twin, INPUT_BUCKET, key) == [key]
    assert not [name for name in listed(twin, OUTPUT_BUCKET, "collages/") if "left" in name]


@failure(
    Where.CSV,
    fault="A dropped CSV lacks a column, is empty, too large or no CSV",
    happens="It moves to `archived/failed/invalid_format_files/`; no run is made",
    sees="`.reason.json` beside it: what is wrong, and how to fix it",
    fix="fix the file and drop it again",
)
def test_a_csv_that_cannot_be_used_is_quarantined_with_the_reason(twin: Twin, key: str) -> None:
    drop(twin, key, "name,picture\na,b\n")
    eventually(lambda: not listed(twin, INPUT_BUCKET, key))
    # The names go on with the moment of the upload, which only S3 knows.
    aside = f"{keys.INVALID_FILES}{key.removesuffix('.csv')}_"
    csv_key, reason_key = listed(twin, INPUT_BUCKET, aside)
    assert reason_key == f"{csv_key}.reason.json"
    assert "creator_name" in document(twin, INPUT_BUCKET, reason_key)["reason"]


@failure(
    Where.COVERS,
    fault="A host answers 200 with a web page instead of a picture",
    happens="The cover counts as `not_an_image`; the next newest takes its place",
    sees=(
        "the reasons in the summary; with `ENABLE_DEBUG_LOGGING` the answers in "
        "`debug/failed-downloads/`"
    ),
    fix="look at the kept answers",
)
def test_answers_of_failed_covers_are_kept_under_the_functions_own_role(
    twin: Twin,
) -> None:
    url = cover(twin, 1, 1, Trouble.HTML)
    event = {"processing_type": "csv_data", "csv_data": f"{HEADER}ana,{url},2026-10-01\n"}
    with function_with(twin, ENABLE_DEBUG_LOGGING="true"):
        summary = invoke(twin, event)
    assert summary["reasons"] == {"not_an_image": 1}
    run_id = summary["run_id"]
    body_key, document_key = listed(twin, TEMP_BUCKET, f"{keys.FAILED_DOWNLOADS}{run_id}/")
    answer = document(twin, TEMP_BUCKET, document_key)
    assert answer["body_key"] == body_key
    assert answer["urls"] == [url.partition("?")[0]]
    body = twin.aws.s3().get_object(Bucket=TEMP_BUCKET, Key=body_key)["Body"].read()
    assert body.startswith(b"<!doctype html>")
    invoke(twin, event)
    assert len(listed(twin, TEMP_BUCKET, keys.FAILED_DOWNLOADS)) == 2


def test_a_csv_data_message_of_the_queue_becomes_collages(twin: Twin) -> None:
    creator = f"inline-{uuid4().hex}"
    send(
        twin,
        {
            "processing_type": "csv_data",
            "csv_data": csv(twin, {creator: 2}),
            "processing_config": {"rows": 5, "cols": 7, "quality": 95},
            "output_prefix": "manual-batch/",
        },
    )

    def look() -> list[str]:
        found = listed(twin, OUTPUT_BUCKET, "collages/")
        return [name for name in found if "/sqs-trigger/" in name and creator in name]

    (collage,) = eventually(look)
    assert "/sqs-trigger/manual-batch/" in collage


@failure(
    Where.QUEUE,
    fault="SQS delivers a chunk to two workers at once",
    happens="Both work, and the first receipt counts",
    sees='the function\'s log: "was done twice at once"',
    fix="nothing",
)
def test_one_chunk_in_two_invocations_at_once_ends_in_one_receipt(twin: Twin, key: str) -> None:
    text = csv(twin, {"twice": 20})
    head, _, rows = text.encode().partition(b"\n")
    drop(twin, key, text, dispatch="sqs")
    etag = twin.aws.s3().head_object(Bucket=INPUT_BUCKET, Key=key)["ETag"]
    message = {
        "schema_version": 1,
        "processing_type": "csv_s3",
        "run_id": f"twice-{uuid4().hex}",
        "chunk_id": "00000-a",
        **to_json(CsvSource(INPUT_BUCKET, key, etag)),
        "byte_range": [len(head) + 1, len(head) + len(rows)],
        "rows": 20,
        "creators": 1,
        "run_timestamp": "20261001_000017",  # not that of the scheduled run of this day
    }
    with ThreadPoolExecutor() as pool:
        receipts = list(pool.map(lambda _: invoke(twin, message), range(2)))
    assert receipts[0] == receipts[1]
    assert receipts[0]["rows"]["placed"] == 20
    stored = keys.receipt(message["run_id"], "00000-a")  # type: ignore[arg-type]
    assert document(twin, TEMP_BUCKET, stored) == receipts[0]

    # What a slower worker may leave behind goes when the message is delivered once more.
    left = keys.partial_receipt(message["run_id"], "00000-a")  # type: ignore[arg-type]
    twin.aws.s3().put_object(Bucket=TEMP_BUCKET, Key=left, Body=json.dumps(receipts[0]).encode())
    assert invoke(twin, message) == receipts[0]
    assert listed(twin, TEMP_BUCKET, left) == []


@failure(
    Where.QUEUE,
    fault="A message that no delivery can make succeed",
    happens="It is in the dead-letter queue within seconds, with its body unchanged",
    sees="`processing/{run_id}/failed/….json` in the temp bucket says why",
    fix="fix what it says, then trigger `cover_collage_redrive`",
)
def test_unusable_messages_are_in_the_dead_letter_queue_at_once_and_say_why(
    twin: Twin,
) -> None:
    bodies = {'{"processing_type": "csv_s3", "schema_version": 2}', "no json at all"}
    sqs, url, found = twin.aws.sqs(), queue_url(twin, DLQ), set[str]()

    def look() -> bool:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            found.add(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found >= bodies

    for body in bodies:
        send(twin, body)
    eventually(look)  # long before the queue's visibility timeout of twelve minutes
    for body in bodies:
        digest = hashlib.sha256(body.encode()).hexdigest()
        key = keys.failed_message(f"sqs-{digest[:32]}", None)
        failed = document(twin, TEMP_BUCKET, key)
        assert failed["body_sha256"] == digest
        assert failed["error"] == "MessageError"


def take_dead_letters(twin: Twin, about: str, *, count: int) -> list[str]:
    """So many messages of the dead-letter queue that have `about` in them; they are deleted."""
    sqs, url, found = twin.aws.sqs(), queue_url(twin, DLQ), list[str]()

    def look() -> bool:
        for message in sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=1
        ).get("Messages", []):
            if about in message["Body"]:
                found.append(message["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= count

    eventually(look)
    return found


def asked_for(twin: Twin, text: str) -> Counter[str]:
    """How often the cover server was asked for each cover of a CSV."""
    answer = loopback.get(twin.covers.port, STATS_PATH)
    assert answer is not None
    requests = json.loads(answer)["requests"]
    paths = [urlsplit(line.split(",")[1]) for line in text.splitlines()[1:]]
    targets = {f"{path.path}?{path.query}" if path.query else path.path for path in paths}
    return Counter({target: requests.get(target, 0) for target in targets})


@failure(
    Where.CSV,
    fault="A small dropped CSV cannot be closed, and is dropped again",
    happens="Its event is in the dead-letter queue after three tries. It is one run, paid once",
    sees="the CSV is still in `csv-files/`; housekeeping reports the dead-letter queue",
    fix="fix what the function's log says, then trigger `cover_collage_redrive`",
)
def test_a_csv_whose_end_fails_is_in_the_dead_letter_queue_and_a_redrive_pays_nothing_twice(
    twin: Twin,
) -> None:
    key = f"csv-files/2026/10/05/end-{uuid4().hex}.csv"
    text = csv(twin, {"end ana": 3, "end bo": 1})
    before = asked_for(twin, text)
    with function_denied(twin, "s3:PutObject", f"arn:aws:s3:::{OUTPUT_BUCKET}/results/*"):
        drop(twin, key, text)
        (first,) = take_dead_letters(twin, key, count=1)
        drop(twin, key, text)  # a person who sees nothing come of it
        (again,) = take_dead_letters(twin, key, count=1)
    assert json.loads(first)["requestContext"]["condition"] == "RetriesExhausted"
    assert listed(twin, INPUT_BUCKET, key) == [key]

    for body in (again, first, first):  # what a redrive does, and SQS may deliver twice
        send(twin, body)
    summary = summary_of(twin, lambda summary: summary["source"]["key"] == key)
    timestamp = RunTimestamp.parse(summary["run_timestamp"])
    archived = [keys.archived_upload(key, timestamp), keys.done_upload(key, timestamp)]
    eventually(lambda: listed(twin, INPUT_BUCKET, archived[0]) == archived)
    assert listed(twin, INPUT_BUCKET, key) == []
    assert summary["rows"]["placed"] == summary["rows"]["total"] == 4
    assert set((asked_for(twin, text) - before).values()) == {1}
    assert len(asked_for(twin, text) - before) == 4

    # Everything that was sent has been worked on once a later message has been.
    eventually(lambda: is_empty(twin, QUEUE))
    found = [name for name in listed(twin, OUTPUT_BUCKET, keys.SUMMARIES) if ".json" in name]
    summaries = [document(twin, OUTPUT_BUCKET, name) for name in found]
    assert [one["run_id"] for one in summaries if one["source"]["key"] == key] == [
        summary["run_id"]
    ]
    day = document(twin, OUTPUT_BUCKET, keys.daily_stats(timestamp))
    assert day["run_ids"].count(summary["run_id"]) == 1
    assert set((asked_for(twin, text) - before).values()) == {1}
    assert listed(twin, INPUT_BUCKET, key) == []


def is_empty(twin: Twin, name: str) -> bool:
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = twin.aws.sqs().get_queue_attributes(
        QueueUrl=queue_url(twin, name),
        AttributeNames=list(names),  # type: ignore[arg-type]
    )["Attributes"]
    return all(int(found[each]) == 0 for each in names)  # type: ignore[literal-required]
