"""The results of a run: its summary and its objects in S3, and the database's row count."""

import json
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile
from local.ministack import Aws
from local.mysql import MySql
from local.sample.rows import MAIN_MONTH
from local.settings import OUTPUT_BUCKET

_COUNT = "SELECT COUNT(*) FROM covers WHERE updated_at >= %s AND updated_at < %s"


@dataclass(frozen=True, slots=True)
class Results:
    """A finished run."""

    summary: Mapping[str, Any]
    """The JSON of `processing_summary_TS.json`."""
    folder: Path
    """Its objects, copied from the output bucket under their keys."""

    @property
    def collages(self) -> list[Path]:
        """The collages, in the order of their creators' names in keys."""
        return sorted((self.folder / self.summary["collages_prefix"]).glob("*_collage_*"))

    @property
    def tiles(self) -> list[tuple[str, bytes]]:
        """The creator and the thumbnail of each collage, in the same order."""
        paths = sorted(self.folder.glob("thumbnails/**/*.jpg"))
        files = ((CreatorFile.of(path.name), path) for path in paths)
        return [(file.shown, path.read_bytes()) for file, path in files if file]


def fetch_results(aws: Aws, summary_key: str, *, into: Path) -> Results:
    """Copy a run's objects from S3 to `into`, whose old content is removed."""
    s3 = aws.s3()
    body = s3.get_object(Bucket=OUTPUT_BUCKET, Key=summary_key)["Body"].read()
    summary: dict[str, Any] = json.loads(body)
    timestamp = RunTimestamp.parse(summary["run_timestamp"])
    shared = {
        keys.batch_results(timestamp),
        keys.processing_log(timestamp),
        keys.daily_stats(timestamp),
        keys.monthly_report(timestamp),
    }
    shutil.rmtree(into, ignore_errors=True)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=OUTPUT_BUCKET):
        for item in page.get("Contents", []):
            key = item["Key"]
            if str(timestamp) in key or key in shared:
                path = into / key
                path.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(OUTPUT_BUCKET, key, str(path))
    return Results(summary, into)


def count_rows(mysql: MySql) -> int:
    """The number of rows that the database has for the demo's month."""
    with closing(mysql.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_COUNT, [moment.replace(tzinfo=None) for moment in MAIN_MONTH])
        return int(cursor.fetchone()[0])
