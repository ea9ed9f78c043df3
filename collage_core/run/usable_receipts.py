"""Which receipts of a run can be used; the others are set aside, and their chunks done again.

A receipt is not usable if it cannot be read, if it is another run's or another chunk's, if it is
unfinished, or if it counts other rows or creators than its chunk has. Workers skip a chunk that has
a receipt, so one that cannot be used has to leave its place first.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from msgspec.structs import replace

from collage_core.contract.chunk import Chunk
from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.contract.receipt import Outcome, Receipt
from collage_core.errors import BooksError, ConditionFailedError, MessageError
from collage_core.layout import keys
from collage_core.run.run import Run, missing_chunks
from collage_core.storage.documents import JSON, READERS
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_SET_ASIDE_NAME = r"-[0-9a-f]+(-[0-9]+)?\.json"
"""What follows the chunk's id in the name of a receipt that was set aside: its ETag."""


@dataclass(frozen=True, slots=True)
class RunFolder[Store: ObjectStore]:
    """What is in a run's folder of the temp bucket: a request for each 1000 objects."""

    run: Run[Store]
    keys: frozenset[str]

    @classmethod
    def of(cls, run: Run[Store]) -> Self:
        """List the folder."""
        prefix = keys.run_folder(run.manifest.run_id)
        return cls(run, frozenset(run.store.list_keys(run.settings.temp_bucket, prefix)))

    @property
    def missing(self) -> list[Chunk]:
        """The chunks without a receipt, in the manifest's order."""
        return missing_chunks(self.run.manifest, self.keys)

    @property
    def has_chunks_again(self) -> bool:
        """Whether `reconcile` has noted chunks that are to be done again."""
        return keys.again(self.run.manifest.run_id) in self.keys

    def failed_messages_of(self, chunk_ids: Iterable[str]) -> list[str]:
        """The keys of what is known of messages of these chunks that failed for good."""
        run_id = self.run.manifest.run_id
        possible = {keys.failed_message(run_id, chunk_id) for chunk_id in chunk_ids}
        return sorted(possible & self.keys)

    def times_set_aside(self, chunk: Chunk) -> int:
        """How many receipts of a chunk have been set aside."""
        beginning = keys.set_aside_of(self.run.manifest.run_id) + chunk.chunk_id
        name = re.compile(re.escape(beginning) + _SET_ASIDE_NAME)
        return sum(name.fullmatch(key) is not None for key in self.keys)


@dataclass(frozen=True, slots=True)
class UnusableReceipt:
    """A receipt that cannot be used, and why."""

    chunk: Chunk
    etag: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundReceipts:
    """Each chunk of a run is in one of these three, in the manifest's order."""

    usable: Sequence[Receipt]
    missing: Sequence[Chunk]
    unusable: Sequence[UnusableReceipt]
    with_dead: Sequence[str] = ()
    """The ids of the chunks whose receipts have dead covers. `usable` has none of these covers: in
    a bad month there are millions, and only the refresh list is made of them."""

    @property
    def to_do(self) -> set[str]:
        """The ids of the chunks that have to be done, because they have no usable receipt."""
        unusable = {each.chunk.chunk_id for each in self.unusable}
        return unusable | {chunk.chunk_id for chunk in self.missing}

    def check(self, manifest: Manifest) -> None:
        """Raise BooksError unless every chunk has a usable receipt."""
        run, chunks = f"run {manifest.run_id}", len(manifest.chunks)
        if self.unusable:
            first = self.unusable[0]
            key = keys.receipt(manifest.run_id, first.chunk.chunk_id)
            raise BooksError(
                f"{run} has receipts of {len(self.unusable)} of its {chunks} chunks that cannot be "
                f"used, the first is {key}: {first.reason}. Clear dispatch: it sets them aside and "
                "sends their chunks again"
            )
        if self.missing:
            raise BooksError(
                f"{run} has no receipt of {len(self.missing)} of its {chunks} chunks, the first is "
                f"{self.missing[0].chunk_id}: clear dispatch, which sends them again"
            )


def read_receipts[Store: ObjectStore](folder: RunFolder[Store]) -> FoundReceipts:
    """Read and judge the receipts of a run. A run without receipts costs no request.

    Receipts of other plans are ignored: when a run is planned again, a worker may still write a
    receipt for the old plan, which says nothing about this one.
    """
    manifest = folder.run.manifest
    missing = {chunk.chunk_id for chunk in folder.missing}
    written = [chunk for chunk in manifest.chunks if chunk.chunk_id not in missing]
    usable: list[Receipt] = []
    unusable: list[UnusableReceipt] = []
    with_dead: list[str] = []
    with ThreadPoolExecutor(READERS) as pool:
        for chunk, (found, has_dead) in zip(
            written, pool.map(lambda chunk: _read_lightly(folder.run, chunk), written), strict=True
        ):
            with_dead += [chunk.chunk_id] * has_dead
            match found:
                case Receipt():
                    usable.append(found)
                case UnusableReceipt():
                    unusable.append(found)
                case None:  # removed since the folder was listed
                    missing.add(chunk.chunk_id)
    without = [chunk for chunk in manifest.chunks if chunk.chunk_id in missing]
    return FoundReceipts(usable, without, unusable, with_dead)


def set_aside[Store: ObjectStore](run: Run[Store], unusable: Sequence[UnusableReceipt]) -> None:
    """Copy receipts to where they are kept, then remove them; may be repeated.

    A receipt that has been replaced since it was read is left alone.
    """
    keep_copies(run, unusable)
    remove_unusable(run, unusable)


def keep_copies[Store: ObjectStore](run: Run[Store], unusable: Sequence[UnusableReceipt]) -> None:
    """Copy receipts to where they are kept, unless they have been replaced; may be repeated."""
    store, bucket, run_id = run.store, run.settings.temp_bucket, run.manifest.run_id
    for each in unusable:
        chunk_id = each.chunk.chunk_id
        key, kept = keys.receipt(run_id, chunk_id), keys.set_aside(run_id, chunk_id, each.etag)
        try:
            found = store.get(bucket, key, etag=each.etag)
        except ConditionFailedError:
            continue
        if found is None:
            continue
        store.put(bucket, kept, found.body, content_type=JSON)
        log.warning("Set aside s3://%s/%s as %s: %s", bucket, key, kept, each.reason)


def remove_unusable[Store: ObjectStore](
    run: Run[Store], unusable: Sequence[UnusableReceipt]
) -> None:
    """Remove receipts of which copies are kept, unless they have been replaced."""
    bucket, run_id = run.settings.temp_bucket, run.manifest.run_id
    for each in unusable:
        with suppress(ConditionFailedError):
            key = keys.receipt(run_id, each.chunk.chunk_id)
            run.store.delete_as_seen(bucket, key, etag=each.etag)


def why_unusable(receipt: Receipt, chunk: Chunk, manifest: Manifest) -> str | None:
    """Why a receipt is not that of exactly this chunk, done to its end; None if it is."""
    for what, found, expected in _identity(receipt, chunk, manifest):
        if found != expected:
            return f"it has {what} {found}, its manifest says {expected}"
    return _why_miscounted(receipt, chunk)


def _identity(
    receipt: Receipt, chunk: Chunk, manifest: Manifest
) -> Sequence[tuple[str, object, object]]:
    """What must agree: a name, as the receipt has it and as the manifest has it."""
    of_run: list[tuple[str, object, object]] = [
        ("run_id", receipt.run_id, manifest.run_id),
        ("run_timestamp", str(receipt.run_timestamp), str(manifest.run_timestamp)),
        ("chunk_id", receipt.chunk_id, chunk.chunk_id),
        ("resume_at", receipt.resume_at, None),
    ]
    if chunk.rows_sha256 is None:
        return [
            *of_run,
            ("source", receipt.source, manifest.source),
            ("byte_range", tuple(receipt.byte_range), tuple(chunk.byte_range)),
        ]
    # The id is a digest of the rows. They may be in another place of another CSV since the receipt
    # was written, when the run has been planned again.
    return [*of_run, ("bytes", _length(receipt.byte_range), _length(chunk.byte_range))]


def _length(byte_range: tuple[int, int]) -> int:
    return byte_range[1] - byte_range[0] + 1


def _why_miscounted(receipt: Receipt, chunk: Chunk) -> str | None:
    books = receipt.books
    if books.rows.total != chunk.rows:
        return f"it counts {books.rows.total} rows, its manifest {chunk.rows}"
    try:
        books.check_balance(f"chunk {chunk.chunk_id}")
    except BooksError as error:
        return str(error)
    outcomes = Counter(result.outcome for result in receipt.results)
    creators = books.creators
    counted = (creators.complete, creators.partial, creators.failed)
    # A creator without a single readable row is counted in the plan, but not by the worker.
    if counted != tuple(outcomes[outcome] for outcome in Outcome) or (
        creators.total > chunk.creators
    ):
        return (
            f"it counts creators as {to_json(creators)}, its results as {_by_outcome(outcomes)} "
            f"and its manifest as {chunk.creators}"
        )
    return None


def _by_outcome(outcomes: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: outcomes[outcome] for outcome in Outcome if outcome in outcomes}


def _read_lightly[Store: ObjectStore](
    run: Run[Store], chunk: Chunk
) -> tuple[Receipt | UnusableReceipt | None, bool]:
    """A receipt without its dead covers, and whether it has any."""
    found = _read(run, chunk)
    if isinstance(found, Receipt) and found.dead:
        return replace(found, dead=()), True
    return found, False


def _read[Store: ObjectStore](run: Run[Store], chunk: Chunk) -> Receipt | UnusableReceipt | None:
    key = keys.receipt(run.manifest.run_id, chunk.chunk_id)
    found = run.store.get(run.settings.temp_bucket, key)
    if found is None:
        return None
    try:
        receipt = read(found.body, Receipt)
    except MessageError as error:
        return UnusableReceipt(chunk, found.etag, f"it cannot be read: {error}")
    reason = why_unusable(receipt, chunk, run.manifest)
    return receipt if reason is None else UnusableReceipt(chunk, found.etag, reason)
