"""The task `dispatch`: what the core does for it, over clients that are made before.

It also looks whether the run is stopped, which chunks are done, and what is known of earlier
attempts.

Run as `python -m benchmarks.orchestration.contenders.dispatch RUN_ID`.
"""

import os
import sys

import boto3

from benchmarks.orchestration.contenders.counted import Requests
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.aws.s3_store import S3Store
from collage_core.run.dispatch import resume
from collage_core.run.run import Run
from collage_core.settings import Settings


def main(run_id: str) -> None:
    """Send all chunks; report how many were sent."""
    s3, sqs, requests = boto3.client("s3"), boto3.client("sqs"), Requests()
    requests.watch(s3)
    requests.watch(sqs)
    settings = Settings.from_env(os.environ)

    def send() -> int:
        run = Run.open(S3Store(s3), settings, run_id)
        # The task asks a Variable of Airflow here, which is no request to AWS.
        return resume(run, ChunkQueue(sqs, url=settings.chunk_queue_url), lambda: None)

    requests.report(send)


if __name__ == "__main__":
    main(*sys.argv[1:])
