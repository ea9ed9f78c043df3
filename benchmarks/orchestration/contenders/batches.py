"""The floor: the manifest is read, and its messages are sent, ten at a time.

Nothing else is asked, and no answer is looked at.

Run as `python -m benchmarks.orchestration.contenders.batches RUN_ID`.
"""

import os
import sys
from itertools import batched

import boto3

from benchmarks.orchestration.contenders.counted import Requests
from benchmarks.orchestration.planned_run import message_bodies
from collage_core.aws.chunk_queue import BATCH
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
        for batch in batched(bodies, BATCH):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(batch)]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)  # type: ignore[arg-type]
        return len(bodies)

    requests.report(send)


if __name__ == "__main__":
    main(*sys.argv[1:])
