"""One message per chunk that is not done."""

import json
from typing import TYPE_CHECKING

from collage_airflow.operators.dispatch import DispatchOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.message import parse_message
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

MANIFEST = plan([{f"creator-{number:02d}": 2} for number in range(23)])


def received(sqs: "SQSClient", queue_url: str) -> list[str]:
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        bodies += [message["Body"] for message in messages]
    return bodies


def test_every_chunk_gets_a_message_that_the_worker_understands(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    replace_manifest(S3Store(s3), SETTINGS, MANIFEST)
    answer = DispatchOperator(task_id="dispatch", run_id=MANIFEST.run_id).execute({})
    assert answer == {"sent": 23, "done_before": 0}
    messages = [parse_message(body) for body in received(sqs, queue_url)]
    assert sorted(messages, key=str) == sorted(map(MANIFEST.message, MANIFEST.chunks), key=str)


def test_a_chunk_that_has_its_receipt_is_not_sent_again(
    s3: "S3Client", sqs: "SQSClient", queue_url: str
) -> None:
    store = S3Store(s3)
    replace_manifest(store, SETTINGS, MANIFEST)
    done, *rest = MANIFEST.chunks
    store.put(
        SETTINGS.temp_bucket,
        keys.receipt(MANIFEST.run_id, done.chunk_id),
        b"{}",
        content_type="application/json",
    )
    answer = DispatchOperator(task_id="dispatch", run_id=MANIFEST.run_id).execute({})
    assert answer == {"sent": 22, "done_before": 1}
    sent = {json.loads(body)["chunk_id"] for body in received(sqs, queue_url)}
    assert sent == {chunk.chunk_id for chunk in rest}
