"""The extract task: the covers of a window from MySQL into one CSV in the input bucket."""

from typing import TYPE_CHECKING, Any, override

from collage_airflow.aws import s3_client
from collage_airflow.covers_csv import write_covers
from collage_airflow.covers_operator import CoversOperator
from collage_airflow.covers_query import count_covers, covers_connection, stream_covers
from collage_airflow.multipart import MultipartUpload
from collage_airflow.run_request import RunRequest
from collage_airflow.run_state import replace_manifest
from collage_airflow.settings import read_settings
from collage_core.chunking import name_chunks
from collage_core.contract import CsvSource, Manifest, Trigger
from collage_core.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context

_LEAVE_IT_TO_SQS = {"dispatch": "sqs"}
"""Object metadata by which the worker that sees the S3 event knows not to touch the CSV."""


class ExtractOperator(CoversOperator):
    """Writes the run's CSV, then its manifest, which is what says that the CSV is complete."""

    _is_running = False

    def __init__(self, **kwargs: Any) -> None:
        # The steps after this one take run_id out of what it returns.
        super().__init__(multiple_outputs=True, **kwargs)

    @override
    def execute(self, context: "Context") -> dict[str, Any]:
        self._is_running = True
        try:
            return self._extract(context)
        finally:
            self._is_running = False

    @override
    def on_kill(self) -> None:
        """End a task that gets SIGTERM, with its upload aborted.

        Airflow calls this in its handler of the signal and lets the task go on after it. It
        also calls it when a time limit has ended the task already.
        """
        if self._is_running:
            raise SystemExit("the task got SIGTERM")

    def _extract(self, context: "Context") -> dict[str, Any]:
        settings = read_settings()
        request = RunRequest.from_context(context, settings)
        client = s3_client(self.aws_conn_id)
        with (
            covers_connection(self.mysql_conn_id) as connection,
            MultipartUpload(
                client,
                bucket=settings.input_bucket,
                key=request.csv_key,
                content_type="text/csv; charset=utf-8",
                metadata=_LEAVE_IT_TO_SQS,
            ) as upload,
        ):
            spans = write_covers(
                stream_covers(connection, self.sql, request.window),
                expected=count_covers(connection, self.sql, request.window),
                chunk_rows=settings.chunk_rows,
                write=upload.write,
            )
        manifest = Manifest(
            run_id=request.run_id,
            run_timestamp=request.timestamp,
            trigger=Trigger.SQS,
            source=CsvSource(settings.input_bucket, request.csv_key, upload.etag),
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
        replace_manifest(S3Store(client), settings, manifest)
        self.log.info(
            "✓ Extracted %s covers of %s creators in %s to s3://%s/%s (%s bytes, %s chunks)",
            manifest.rows,
            manifest.creators,
            request.window,
            settings.input_bucket,
            request.csv_key,
            upload.size,
            len(manifest.chunks),
        )
        return {
            "run_id": request.run_id,
            "csv_key": request.csv_key,
            "rows": manifest.rows,
            "creators": manifest.creators,
            "chunks": len(manifest.chunks),
        }
