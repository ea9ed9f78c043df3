"""Upload a CSV as an analyst does, wait for its run, and show the books and the collages.

`python examples/test_local_upload.py [COVERS.csv]` needs boto3, and credentials that may write to
the input bucket and read both buckets. With `eval "$(.venv/bin/python -m local env)"` it goes to
the one-machine twin. Exit code 0: at least one collage was made; 1: none, or no run ended in time.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

SAMPLE = Path(__file__).with_name("sample_csv.csv")
SUMMARIES = "results/processing-summaries/"
INVALID = "archived/failed/invalid_format_files/"
POLL_SECONDS = 2


def main() -> int:
    """Upload, wait, and print what came of it; the exit code."""
    options = parse()
    started = datetime.now(UTC)
    # The function takes keys that end in .csv, in capitals or not, and no others.
    key = f"csv-files/test_{started:%Y%m%d_%H%M%S}_{options.csv.stem}.csv"
    try:
        s3 = boto3.client("s3")
        s3.put_object(Bucket=options.input_bucket, Key=key, Body=options.csv.read_bytes())
        print(f"Uploaded {options.csv} to s3://{options.input_bucket}/{key}")
        outcome = wait_for(
            lambda: (
                summary_of(s3, options.output_bucket, key, since=started)
                or refusal_of(s3, options.input_bucket, key)
            ),
            seconds=options.timeout,
        )
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"test_local_upload: {error}", file=sys.stderr)
        return 1
    if outcome is None:
        print(f"No run of {key} ended within {options.timeout} s", file=sys.stderr)
        return 1
    if "reason" in outcome:
        print(f"The CSV cannot be used: {outcome['reason']}", file=sys.stderr)
        return 1
    print(json.dumps({name: outcome[name] for name in ("status", "rows", "reasons")}, indent=2))
    for collage in collages_of(s3, options.output_bucket, outcome["run_timestamp"]):
        print(f"s3://{options.output_bucket}/{collage}")
    return 0 if outcome["status"] in {"complete", "partial"} else 1


def summary_of(s3: Any, bucket: str, key: str, *, since: datetime) -> dict[str, Any] | None:
    """The summary of the run that worked on the CSV at `key`, or None while there is none."""
    for item in listed(s3, bucket, f"{SUMMARIES}{since:%Y/%m}/"):
        # A minute for clocks that differ.
        if item["Key"].endswith(".json") and item["LastModified"] > since - timedelta(minutes=1):
            summary = document(s3, bucket, item["Key"])
            if summary["source"]["key"] == key:
                return summary
    return None


def refusal_of(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:
    """Why the CSV at `key` was put aside, or None when it was not."""
    for item in listed(s3, bucket, INVALID + key.removesuffix(".csv")):
        if item["Key"].endswith(".reason.json"):
            return document(s3, bucket, item["Key"])
    return None


def collages_of(s3: Any, bucket: str, timestamp: str) -> Iterator[str]:
    """The collages of the run of that second."""
    day = datetime.strptime(timestamp, "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    for item in listed(s3, bucket, f"collages/{day:%Y/%m/%d}/s3-trigger/"):
        if f"_collage_{timestamp}." in item["Key"]:
            yield item["Key"]


def listed(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """All objects below a prefix."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def document(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    """An object that is JSON."""
    found: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return found


def wait_for(look: Callable[[], dict[str, Any] | None], *, seconds: int) -> dict[str, Any] | None:
    """What `look` finds within that time, or None."""
    ends = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < ends:
        time.sleep(POLL_SECONDS)
    return found


def parse() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path, nargs="?", default=SAMPLE, metavar="COVERS.csv")
    parser.add_argument("--input-bucket", default="tiktok-image-input", metavar="NAME")
    parser.add_argument("--output-bucket", default="tiktok-image-output", metavar="NAME")
    parser.add_argument("--timeout", type=int, default=600, metavar="SECONDS")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
