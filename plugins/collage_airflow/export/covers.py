"""The covers of one run from the database to its CSV on S3, in one pass."""

from typing import TYPE_CHECKING

from collage_airflow.dag_run.request import RunRequest
from collage_airflow.database.query import stream_covers
from collage_airflow.export.covers_csv import write_covers
from collage_airflow.export.multipart import MultipartUpload
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunking import name_chunks
from collage_core.covers.cover_csv import CONTENT_TYPE
from collage_core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_LEAVE_IT_TO_SQS = {"dispatch": "sqs"}
"""Object metadata by which the worker that sees the S3 event knows not to touch the CSV."""


def export_covers(
    connection: "Connection",
    sql: str,
    request: RunRequest,
    settings: Settings,
    client: "S3Client",
    *,
    expected: int,
) -> Manifest:
    """Upload the rows of `sql` in the request's window; the manifest of what was uploaded.

    `expected` is how many there are, as `count_covers` found in the same snapshot.

    The CSV becomes visible when it is whole, or not at all. The manifest is returned, and not
    written: whoever is killed before it is leaves a CSV that belongs to no run, and that the
    next try overwrites. While the server counts and sorts, a task does not hear that it is to
    end, and is killed: no upload is open then, because the first part is not full.

    Raises what `write_covers`, the driver and the client of S3 raise.
    """
    run = request.identity
    with MultipartUpload(
        client,
        bucket=settings.input_bucket,
        key=run.csv_key,
        content_type=CONTENT_TYPE,
        metadata=_LEAVE_IT_TO_SQS,
    ) as upload:
        spans = write_covers(
            stream_covers(connection, sql, request.window),
            expected=expected,
            chunk_rows=settings.chunk_rows,
            write=upload.write,
        )
    return Manifest(
        run_id=run.run_id,
        run_timestamp=run.timestamp,
        trigger=Trigger.SQS,
        source=CsvSource(settings.input_bucket, run.csv_key, upload.etag),
        config=request.config,
        output_prefix=request.output_prefix,
        chunks=name_chunks(
            spans,
            upload.etag,
            config=request.config,
            output_prefix=request.output_prefix,
            trigger=Trigger.SQS,
        ),
    )
