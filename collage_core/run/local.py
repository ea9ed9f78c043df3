"""A run on one machine: planned, worked on and closed in this process, without a queue.

Objects are written to a folder, at the keys that they have in the output bucket. The manifest and
the receipts are in a temporary folder, which is removed when the run ends.
"""

import hashlib
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from collage_core.contract.chunk import Chunk
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.summary import RunSummary
from collage_core.covers.ingest import MAX_CSV_BYTES, IngestedCsv, check_size, ingest_csv
from collage_core.layout import keys
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.sources.http.blocked_hosts import BlockedHosts
from collage_core.sources.http.fetcher import Fetcher
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import JSON, to_document
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter


@dataclass(frozen=True, slots=True)
class LocalCsv:
    """A CSV that was read from a file and sorted; the file's own bytes are not kept."""

    source: CsvSource
    """Names the file, with the ETag that S3 would give it."""
    intake: IngestedCsv

    @property
    def covers(self) -> int:
        """The rows that are worked on: all but those rejected already."""
        return sum(span.rows for span in self.intake.spans)


@dataclass(frozen=True, slots=True)
class LocalRun:
    """A run that is closed."""

    closed: ClosedRun
    creators: Sequence[CreatorResult]
    """One for each creator, sorted by the bytes of their names; not those of whom no row was
    usable enough to be worked on."""
    blocked: BlockedHosts
    """The hosts of covers that ended as `blocked_address`."""

    @property
    def summary(self) -> RunSummary:
        """The books of the run."""
        return self.closed.summary


def read_local_csv(path: Path) -> LocalCsv:
    """Read a CSV. Raises CsvFormatError when it cannot be used as a whole, and OSError."""
    # Before it is read: a file of several gigabytes would fill the memory before it is refused.
    check_size(path.stat().st_size)
    data = path.read_bytes()
    etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
    # One chunk: on one machine, several would only make threads wait.
    intake = ingest_csv(data, chunk_rows=MAX_CSV_BYTES)
    # A file's name may be any bytes, and the books are UTF-8.
    name = os.fsencode(path.name).decode(errors="replace")
    return LocalCsv(CsvSource(bucket="local-file", key=name, etag=etag), intake)


def run_here(
    csv: LocalCsv,
    spec: RunSpec,
    settings: Settings,
    *,
    out: Path,
    on_creator: Callable[[CreatorResult], None],
) -> LocalRun:
    """Make all collages of a CSV below `out`, and close the run.

    `on_creator` is called for each creator whose objects are written. Raises OSError when an
    object cannot be written, MessageError for a grid that is too large, and BooksError.
    """
    intake = csv.intake
    with TemporaryDirectory(prefix="collage-run-") as temp:
        store = DirectoryStore({settings.output_bucket: out, settings.temp_bucket: Path(temp)})
        run = plan_run(
            store,
            settings,
            spec,
            RunCsv(csv.source, intake.spans, rejected=intake.rejected, dates=intake.dates),
            keep=keep_first_manifest,
        )
        with Fetcher(
            settings.allowed_source_hosts,
            spec.config,
            request_headers=settings.request_headers,
            host_limits=settings.host_limits,
        ) as fetcher:
            receipts = [
                _work_on(run, chunk, intake.ordered, fetcher=fetcher, on_creator=on_creator)
                for chunk in run.manifest.chunks
            ]
        creators = [result for receipt in receipts for result in receipt.results]
        # A folder is no bucket that others write into, and its ETags would take reading all of it.
        closed = close_run(run, memory_mb=None, compare=False)
        return LocalRun(closed, creators, fetcher.blocked_hosts)


def _work_on(
    run: Run[DirectoryStore],
    chunk: Chunk,
    ordered: bytes,
    *,
    fetcher: Fetcher,
    on_creator: Callable[[CreatorResult], None],
) -> Receipt:
    settings, manifest, store = run.settings, run.manifest, run.store
    first, last = chunk.byte_range
    message = manifest.message(chunk)
    receipt = process_chunk(
        ordered[first : last + 1],
        message,
        CollageRecipe.of(settings, message),
        source=fetcher,
        writer=SoleWriter(partial(store.put, settings.output_bucket)),
        seconds_left=lambda: math.inf,
        on_creator=on_creator,
    )
    store.put(
        settings.temp_bucket,
        keys.receipt(manifest.run_id, chunk.chunk_id),
        to_document(receipt),
        content_type=JSON,
    )
    return receipt
