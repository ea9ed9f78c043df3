"""The CSV of a fill: the rows of some creators from the CSV of the run that it fills.

They are there byte for byte, but for what updates have added and refreshed since.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import batched

from collage_core.aws.multipart import MultipartUpload
from collage_core.aws.s3_store import S3Store
from collage_core.contract.chunk import Chunk
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.selection import Selection
from collage_core.covers.chunking import ChunkPlanner, ChunkSpan
from collage_core.covers.cover_csv import CONTENT_TYPE, DISPATCHED_BY_A_DAG, HEADER, read_chunk
from collage_core.covers.grouping import creators
from collage_core.covers.rows import CoverRow
from collage_core.errors import BooksError, ConditionFailedError, SourceChangedError
from collage_core.layout.creator_names import name_bytes
from collage_core.run.fill import Fill, chunks_with
from collage_core.run.fill_sources import FillSources
from collage_core.run.fresh_rows import FreshRows
from collage_core.run.plan import RunCsv
from collage_core.storage.documents import READERS
from collage_core.storage.object_store import ObjectStore


def export_fill(  # noqa: PLR0913 - where from, where to, and how to cut
    store: S3Store,
    fill: Fill,
    sources: FillSources,
    *,
    bucket: str,
    key: str,
    chunk_rows: int,
    cuts: Iterable[str] = (),
) -> RunCsv:
    """Upload the rows of a fill from `sources` to `key` of `bucket`.

    The CSV becomes visible when it is complete, or not at all. Ten chunks of the parent are in
    memory at once. Raises what `write_fill` raises.
    """
    with MultipartUpload(
        store.client,
        bucket=bucket,
        key=key,
        content_type=CONTENT_TYPE,
        metadata=DISPATCHED_BY_A_DAG,
    ) as upload:
        spans = write_fill(
            store, fill, sources, write=upload.write, chunk_rows=chunk_rows, cuts=cuts
        )
    left_out = fill.parent.rows - fill.rows
    selection = Selection(rows_left_out=left_out, forgotten=len(fill.forgotten))
    return RunCsv(CsvSource(bucket, key, upload.etag), spans, selection=selection)


def write_fill(
    store: ObjectStore,
    fill: Fill,
    sources: FillSources,
    *,
    write: Callable[[bytes], None],
    chunk_rows: int,
    cuts: Iterable[str] = (),
) -> Sequence[ChunkSpan]:
    """Pass the rows of the creators of a fill to `write`, as a canonical CSV; its chunks.

    Only chunks of the parent that may have them are read. Raises SourceChangedError when the
    parent's CSV or an update is another one or is gone, and BooksError when the parent's has not as
    many rows of these creators as its record.
    """
    fresh = FreshRows.read(store, sources.updates, _names(fill))
    most = fill.rows + fresh.count
    planner = ChunkPlanner(rows=most, chunk_rows=chunk_rows, first_byte=len(HEADER), cuts=cuts)
    write(HEADER)
    there = 0
    for groups in _of_fill(store, fill, sources.rows):
        kept = []
        for name, before, rows in groups:
            text = fresh.put_into(name, before)
            now = rows if text is before else sum(1 for _ in read_chunk(text))
            planner.add(name, len(text), text.count(b"\n"), rows=now)
            kept.append(text)
            there += rows
        taken = b"".join(kept)
        planner.digest(taken)
        write(taken)
    _check_rows(fill, sources.rows, there)
    return planner.finish()


def _check_rows(fill: Fill, source: CsvSource, there: int) -> None:
    if there != fill.rows:
        raise BooksError(
            f"s3://{source.bucket}/{source.key} has {there} rows of the creators to fill, and the "
            f"record of run {fill.parent.run_id} {fill.rows}: keep both and report it"
        )


def rows_of_fill(
    store: ObjectStore, fill: Fill, sources: FillSources, names: Collection[bytes]
) -> Iterator[tuple[bytes, bytes]]:
    """The name of each creator of a fill, and the bytes of its rows.

    Then those of `names` that only updates have. Raises SourceChangedError and BooksError as
    `write_fill` does, the latter when the creators of the parent have come.
    """
    fresh = FreshRows.read(store, sources.updates, names)
    there, of_parent = 0, _names(fill)
    for groups in _of_fill(store, fill, sources.rows):
        for name, text, rows in groups:
            there += rows
            yield name, fresh.put_into(name, text)
    _check_rows(fill, sources.rows, there)
    for name in fresh.besides(of_parent):
        yield name, fresh.put_into(name, b"")


def urls_of_fill(store: ObjectStore, fill: Fill, sources: FillSources) -> Iterator[str]:
    """The URLs of all usable rows of a fill. Raises SourceChangedError as `write_fill` does."""
    fresh = FreshRows.read(store, sources.updates, _names(fill))
    for groups in _of_fill(store, fill, sources.rows):
        for name, text, _ in groups:
            rows = read_chunk(fresh.put_into(name, text))
            yield from (row.url for row in rows if isinstance(row, CoverRow))


def _names(fill: Fill) -> frozenset[bytes]:
    return frozenset(map(name_bytes, fill.creators))


def _of_fill(
    store: ObjectStore, fill: Fill, source: CsvSource
) -> Iterator[Iterator[tuple[bytes, bytes, int]]]:
    """The groups of the creators of a fill, chunk by chunk of the parent."""
    wanted = _names(fill)
    chunks = [fill.parent.chunks[number] for number in chunks_with(fill.parent, wanted)]
    for data in _bytes_of(store, source, chunks):
        yield (group for group in _groups(data) if group[0] in wanted)


def _groups(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """The name of each creator, the bytes of its rows, and how many they are."""
    groups = list(creators(read_chunk(data)))
    ends = [group.offset for group in groups[1:]] + [len(data)]
    for group, end in zip(groups, ends, strict=True):
        name = b"" if group.creator is None else name_bytes(group.creator)
        yield name, data[group.offset : end], len(group.rows) + len(group.rejected)


def _bytes_of(store: ObjectStore, source: CsvSource, chunks: Sequence[Chunk]) -> Iterator[bytes]:
    """The bytes of these chunks, in their order."""

    def fetch(chunk: Chunk) -> bytes:
        try:
            found = store.get(
                source.bucket, source.key, byte_range=chunk.byte_range, etag=source.etag
            )
        except ConditionFailedError:
            found = None
        digest = chunk.rows_sha256
        if found is None or digest not in {None, "", sha256(found.body).hexdigest()}:
            raise SourceChangedError(
                f"s3://{source.bucket}/{source.key} is not the CSV of which the run was made: put "
                "the archived CSV back, or trigger a run over its window"
            )
        return found.body

    with ThreadPoolExecutor(READERS) as pool:
        for some in batched(chunks, READERS):
            yield from pool.map(fetch, some)
