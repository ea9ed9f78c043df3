"""The usual script: the manifest is read, and each chunk is sent by a send_message of its own.

The messages are the same. Nothing else is asked.

Run as `python -m benchmarks.orchestration.contenders.one_by_one RUN_ID`.
"""

import os
import sys

import boto3

from benchmarks.orchestration.contenders.counted import Requests
from benchmarks.orchestration.planned_run import message_bodies
from collage_core.aws.s3_store import S3Store
from collage_core.settings import Settings


def main(run_id: str) -> None:
    """Send all chunks; report how many were sent."""
    s3, sqs, requests = boto3.client("s3"), boto3.client("sqs"), Requests()
    requests.watch(s3)
    requests.watch(sqs)
    url = Settings.from_env(os.environ).chunk_queue_url

    def send() -> int:
        bodies = message_bodies(S3Store(s3), run_id)
        for body in bodies:
            sqs.send_message(QueueUrl=url, MessageBody=body)
        return len(bodies)

    requests.report(send)


if __name__ == "__main__":
    main(*sys.argv[1:])
