"""A script that waits: at each look a HEAD for each chunk that it has not seen done.

Run as `python -m benchmarks.orchestration.contenders.heads RUN_ID SEEN`.
"""

import sys

import boto3

from benchmarks.orchestration.contenders.counted import Requests
from benchmarks.orchestration.planned_run import SETTINGS, receipt_keys
from collage_core.aws.s3_store import S3Store


def main(run_id: str, seen: str) -> None:
    """Look once; report whether all are done."""
    client, requests = boto3.client("s3"), Requests()
    store = S3Store(client)
    wanted = receipt_keys(store, run_id)[int(seen) :]
    requests.watch(client)

    def look() -> bool:
        missing = [key for key in wanted if store.head(SETTINGS.temp_bucket, key) is None]
        return not missing

    requests.report(look)


if __name__ == "__main__":
    main(*sys.argv[1:])
