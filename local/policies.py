"""IAM policies of Airflow and the function: the least that their work needs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET

type Statement = Mapping[str, Any]

LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
"""The document that lets Lambda take on the function's role."""

# In AWS the right to send a message covers batches; ministack asks for an action of that name.
_SEND = ("sqs:SendMessage", "sqs:SendMessageBatch")


def airflow_policy(*, queue_arn: str) -> str:
    """For the DAGs: write CSVs and manifests, send messages, read receipts, write reports.

    The right to abort an upload goes with every right to write: `check` tries the one by
    beginning an upload, and aborts it.
    """
    return _document(
        _buckets(),
        _objects(
            INPUT_BUCKET,
            ["csv-files/*"],
            ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"],
        ),
        _objects(INPUT_BUCKET, ["archived/*"], ["GetObject", "PutObject", "AbortMultipartUpload"]),
        _objects(
            OUTPUT_BUCKET,
            ["results/*", "metadata/*"],
            ["GetObject", "PutObject", "AbortMultipartUpload"],
        ),
        # Deletes the receipts of a plan that another one has replaced.
        _objects(
            TEMP_BUCKET,
            ["processing/*"],
            ["GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload"],
        ),
        _allow([*_SEND, "sqs:GetQueueAttributes"], [queue_arn]),
    )


def function_policy(*, queue_arn: str) -> str:
    """For the worker: read CSVs, write objects and receipts, take messages and send them on."""
    return _document(
        _buckets(),
        # CSVs from outside are moved from here to `archived/`, in parts if they came in parts.
        _objects(INPUT_BUCKET, ["csv-files/*", "manual-uploads/*"], ["GetObject", "DeleteObject"]),
        _objects(INPUT_BUCKET, ["archived/*"], ["GetObject", "PutObject", "AbortMultipartUpload"]),
        _objects(OUTPUT_BUCKET, ["collages/*", "thumbnails/*"], ["PutObject"]),
        # The processing log and the statistics are read before they are written anew.
        _objects(OUTPUT_BUCKET, ["metadata/*", "results/*"], ["GetObject", "PutObject"]),
        _objects(TEMP_BUCKET, ["processing/*"], ["GetObject", "PutObject"]),
        _allow(
            [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                *_SEND,
            ],
            [queue_arn],
        ),
        # With ENABLE_DEBUG_LOGGING, what failed covers were answered with; read by people alone.
        _objects(TEMP_BUCKET, ["debug/*"], ["PutObject"]),
        # A receipt so far goes when the chunk has its receipt.
        _objects(TEMP_BUCKET, ["processing/*/partial/*"], ["DeleteObject"]),
    )


def _buckets() -> Statement:
    return _allow(
        ["s3:ListBucket"],
        [f"arn:aws:s3:::{bucket}" for bucket in (INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET)],
    )


def _objects(bucket: str, keys: Sequence[str], actions: Sequence[str]) -> Statement:
    return _allow(
        [f"s3:{action}" for action in actions], [f"arn:aws:s3:::{bucket}/{key}" for key in keys]
    )


def _allow(actions: Sequence[str], resources: Sequence[str]) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
