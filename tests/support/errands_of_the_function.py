"""What the function does with the rights of `deploy/policies/function.json`."""

from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from collage_core.aws.multipart import MultipartUpload
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from collage_core.run.ingest import upload_run_id
from tests.support.errands import needs
from tests.support.lambda_world import (
    TIMESTAMP,
    chunk_message,
    sqs_event,
    sqs_record,
    with_settings,
)
from tests.support.left_behind import invoke_until
from tests.support.tried_rights import Here, handling

NAME = "function"
UPLOAD = "csv-files/2026/10/05/mine.csv"
WAITING = "manual-uploads/mine.csv"
SECOND = RunTimestamp.parse(TIMESTAMP)
LEFT = "left by somebody before"
ONE_CREATOR = 1.0
"""Seconds of an invocation that has time for its first creator alone."""


@needs(
    NAME,
    "ListAndSeeThatAnObjectIsMissing",
    "KeepManifestsReceiptsAndCovers",
    "TakeMessagesAndSendTheRestOfAChunk",
)
def answers_the_self_check(here: Here) -> Iterable[str]:
    answer = here.own.invoke({})
    return [*answer["buckets"].values(), answer["queue"]]


@needs(
    NAME,
    "ReadCsvsAndMoveThoseFromOutside",
    "ArchiveCsvsInTheirParts",
    "WriteCollagesAndRemoveItsOwn",
    "WriteMetadataAndUpdateStatistics",
    "KeepManifestsReceiptsAndCovers",
    "ListAndSeeThatAnObjectIsMissing",
    "RemovePartialReceiptsAndThoseThatCannotBeUsed",
)
def makes_collages_of_a_dropped_csv(here: Here) -> None:
    here.own.invoke(here.root.upload(UPLOAD, here.root.csv({"ana": 2})))


@needs(NAME, "ReadCsvsAndMoveThoseFromOutside")
def makes_collages_of_a_csv_that_a_message_names(here: Here) -> None:
    bucket = here.settings.input_bucket
    here.root.put(bucket, WAITING, here.root.csv({"ana": 1}))
    message = {"processing_type": "csv_s3", "bucket": bucket, "key": WAITING}
    here.own.invoke(sqs_event(sqs_record({**message, "processing_config": {}})))


def says_of_how_many_parts_it_is(parsed: dict[str, Any], **_: Any) -> None:
    """As AWS does when it is asked for a part; the embedded AWS copies it whole then."""
    parsed.setdefault("PartsCount", 1)


@needs(NAME, "ArchiveCsvsInTheirParts")
def aborts_a_copy_that_breaks_off(here: Here) -> None:
    """What has broken it is what is raised. Parts that stay expire."""
    client, bucket = here.store.client, here.settings.input_bucket
    with MultipartUpload(
        here.root.s3, bucket=bucket, key=UPLOAD, content_type="text/csv", metadata={}
    ) as upload:
        upload.write(here.root.csv({"ana": 1}).encode())
    event = here.root.upload("csv-files/other.csv", "")
    (record,) = event["Records"]
    record["s3"]["object"] |= {"key": UPLOAD, "eTag": upload.etag, "size": upload.size}

    def breaks(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="that is gone")

    with (
        handling(client, "after-call.s3.HeadObject", says_of_how_many_parts_it_is),
        handling(client, "before-call.s3.CompleteMultipartUpload", breaks),
        pytest.raises(EndpointConnectionError),
    ):
        here.own.invoke(event)


@needs(NAME, "WriteCollagesAndRemoveItsOwn")
def finds_a_creator_that_a_dead_worker_has_finished(here: Here) -> None:
    message = chunk_message(here.root, here.root.csv({"ana": 1}))
    here.root.invoke(message)
    receipt = keys.receipt(message["run_id"], message["chunk_id"])
    here.root.services.store.delete_keys(here.settings.temp_bucket, [receipt])
    here.own.invoke(message)


@needs(NAME, "WriteCollagesAndRemoveItsOwn", "RemoveWhatNoBooksName")
def removes_what_no_receipt_names(here: Here) -> None:
    """Of a creator of whom nothing is placed, and of one without a row that can be used."""
    text = here.root.csv({"ana": 1}, path="404") + "bo,no URL,2026-10-01 00:00:00\n"
    event = here.root.upload(UPLOAD, text)
    for key in (
        keys.collage("ana", SECOND, Trigger.S3),
        keys.thumbnail("ana", SECOND),
        keys.metadata("bo", SECOND),
    ):
        here.root.put(here.settings.output_bucket, key, LEFT)
    here.own.invoke(event)


@needs(NAME, "RemoveWhatNoBooksName")
def removes_pages_of_an_earlier_record(here: Here) -> None:
    event = here.root.upload(UPLOAD, here.root.csv({"ana": 1}))
    item = event["Records"][0]["s3"]["object"]
    source = CsvSource(here.settings.input_bucket, UPLOAD, item["eTag"])
    run_id = upload_run_id(source, SECOND, item["sequencer"])
    for key in (
        keys.recorded_manifest(SECOND, run_id),
        keys.recorded_creators(SECOND, run_id, 2),
    ):
        here.root.put(here.settings.output_bucket, key, LEFT)
    here.own.invoke(event)


@needs(
    NAME,
    "TakeMessagesAndSendTheRestOfAChunk",
    "RemovePartialReceiptsAndThoseThatCannotBeUsed",
)
def sends_the_rest_of_a_chunk_and_finishes_it(here: Here) -> None:
    message = chunk_message(here.root, here.root.csv({"ana": 1, "bo": 1}))
    here.own.invoke(sqs_event(sqs_record(message)), seconds=ONE_CREATOR)
    for record in here.root.receive():
        here.own.invoke(sqs_event(record))


@needs(NAME, "TakeMessagesAndSendTheRestOfAChunk", "WriteFailedAnswersAndErrorLogsWhenDebugging")
def returns_a_message_that_cannot_succeed_and_says_why(here: Here) -> None:
    debugged = with_settings(here.own, enable_debug_logging=True)
    sqs, url = here.root.sqs, here.settings.chunk_queue_url
    sqs.send_message(QueueUrl=url, MessageBody="no chunk")
    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    record = sqs_record("no chunk", handle=received["ReceiptHandle"])
    debugged.invoke(sqs_event(record))


@needs(
    NAME,
    "RemovePartialReceiptsAndThoseThatCannotBeUsed",
    "RemoveWhereAnEarlierPlanLookedForCovers",
)
def does_a_chunk_again_whose_object_is_gone(here: Here) -> None:
    root, settings = here.root, here.settings
    event = root.upload(UPLOAD, root.csv({"ana": 1}))
    invoke_until(root, event, "collage_core.run.finish.close_run")
    (thumbnail,) = root.keys(settings.output_bucket, keys.THUMBNAILS)
    root.services.store.delete_keys(settings.output_bucket, [thumbnail])
    (manifest,) = (
        key for key in root.keys(settings.temp_bucket, keys.PROCESSING) if "/manifest." in key
    )
    # Of a plan that was interrupted: the packs of this chunk have expired since.
    root.put(settings.temp_bucket, keys.packs_of_chunk(manifest.split("/")[1], "gone"), LEFT)
    here.own.invoke(event)
