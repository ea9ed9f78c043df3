"""The covers of one run from a database to its CSV on S3, in one pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collage_core.aws.multipart import MultipartUpload
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.selection import Selection
from collage_core.covers.chunking import ChunkSpan
from collage_core.covers.cover_csv import CONTENT_TYPE, DISPATCHED_BY_A_DAG
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.export.csv_writer import write_covers
from collage_core.export.rows import Cursor, stream_rows

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class CoversQuery:
    """The query for the database."""

    sql: str
    """Selects creator_name, cover_url and updated_at, ordered by the bytes of the name."""
    bounds: Mapping[str, str]
    """The values of its placeholders."""
    expected: int
    """How many rows it returns, as counted in the same snapshot."""
    choice: CreatorChoice | None = None
    """The creators whose rows are exported; the database sends all rows. None: all."""


@dataclass(frozen=True, slots=True)
class ExportedCsv:
    """The object that was written, and where its chunks are."""

    source: CsvSource
    spans: list[ChunkSpan]
    selection: Selection | None
    """Which creators it is limited to; None: all rows of the query are in it."""


def export_covers(  # noqa: PLR0913 - where from, where to, and how to cut
    cursor: Cursor,
    query: CoversQuery,
    client: "S3Client",
    *,
    bucket: str,
    key: str,
    chunk_rows: int,
    cuts: Iterable[str] = (),
) -> ExportedCsv:
    """Upload the rows of `query` as a canonical CSV to `key` of `bucket`.

    `chunk_rows` is the target size of a chunk, and `cuts` are where an earlier plan of these rows
    was cut, see `ChunkPlanner`. The CSV becomes visible when it is complete, or not
    at all. It belongs to a run only once the manifest is written: a task that is killed before
    leaves a CSV that the next try overwrites. While the server counts and sorts, a task cannot
    react to a signal and is killed. No upload is open then, because the first part is not full.

    Raises what `write_covers`, the driver and the S3 client raise.
    """
    with MultipartUpload(
        client, bucket=bucket, key=key, content_type=CONTENT_TYPE, metadata=DISPATCHED_BY_A_DAG
    ) as upload:
        spans = write_covers(
            stream_rows(cursor, query.sql, query.bounds),
            expected=query.expected,
            chunk_rows=chunk_rows,
            write=upload.write,
            choice=query.choice,
            cuts=cuts,
        )
    left_out = query.expected - sum(span.rows for span in spans)
    choice = query.choice
    selection = None if choice is None else choice.selection(rows_left_out=left_out)
    return ExportedCsv(CsvSource(bucket, key, upload.etag), spans, selection)
