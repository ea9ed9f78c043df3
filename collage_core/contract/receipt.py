"""What a worker writes when a chunk is done."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType, field

from collage_core.contract.books import Books, ObjectCounts, RowCounts
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.document import FLAT, Document, always
from collage_core.contract.fields import ByteRange, Count, Positive, Text, check_byte_range
from collage_core.contract.identifiers import Identifier
from collage_core.contract.pack import Pack
from collage_core.contract.reasons import ReasonName
from collage_core.contract.rejected import RejectedRow
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.usage import Usage


class Outcome(StrEnum):
    """What became of a creator: the grid as full as the rows allow, less full, or no collage."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class WrittenObject(Struct, frozen=True):
    """An object of the output bucket, as S3 answered when it was written."""

    etag: Text
    """Its ETag, without quotes: recorded and never computed, because SSE-KMS makes its own."""
    bytes: Count
    """Its size."""


class CreatorResult(Struct, frozen=True):
    """What became of one creator: one line of `batch_results_YYYYMMDD.csv`."""

    creator: Text
    """The creator's name."""
    outcome: Outcome
    """Whether the grid is as full as the rows allow, less full, or no cover was placed."""
    rows: RowCounts
    """The creator's rows."""
    collage_key: Text | None = None
    """Key in the output bucket; None when no cover could be placed."""
    reasons: Mapping[ReasonName, Count] | UnsetType = UNSET
    """The creator's rejected and failed rows by their reason; left out by releases that wrote them
    in the metadata alone."""
    objects: Mapping[Text, WrittenObject] | UnsetType = UNSET
    """The creator's objects by kind: `collage`, `by_creator`, `thumbnail`, `metadata`. Left out by
    releases that did not record them."""
    pictures: Text | UnsetType = UNSET
    """A digest of the identities of the placed covers, the same for the same covers in the same
    cells. Left out by releases that did not record it, and for a creator without a collage."""

    @property
    def known_objects(self) -> Mapping[str, WrittenObject]:
        """The objects; empty if they were left out."""
        return {} if isinstance(self.objects, UnsetType) else self.objects

    @property
    def object_counts(self) -> ObjectCounts:
        """The objects as the books count them: not the copy by creator, nor the metadata."""
        counted = [
            self.known_objects[kind]
            for kind in ("collage", "thumbnail")
            if kind in self.known_objects
        ]
        return ObjectCounts(
            collages=int("collage" in self.known_objects),
            thumbnails=int("thumbnail" in self.known_objects),
            bytes=sum(item.bytes for item in counted),
        )

    @property
    def known_reasons(self) -> Mapping[ReasonName, Count]:
        """The reasons; empty if they were left out."""
        return {} if isinstance(self.reasons, UnsetType) else self.reasons


class DeadCover(Struct, frozen=True):
    """A cover that could not be placed because its URL is dead: a fresh URL would help."""

    creator: Text
    """The creator's name."""
    picture: Text
    """A digest of the cover's identity: the same for a URL of the same picture signed again."""
    url: Text
    """Its last known URL, without the query."""
    reason: ReasonName
    """Why it failed, such as `expired_url` or `http_403`."""
    updated_at: Text | None = None
    """The time of its row, in ISO 8601; None if it has none."""


class Receipt(Document, frozen=True, kw_only=True, omit_defaults=True):
    """What a worker writes last: it accounts for every row of its chunk.

    If time ran out, it is a partial receipt: it accounts only for the rows before `resume_at` and
    is kept under the chunk's partial key. The next worker adds its own receipt to it.
    """

    run_id: Identifier
    """The run."""
    run_timestamp: RunTimestamp
    """The run's second, in the keys of all that it writes."""
    trigger: Trigger
    """What asked for the run."""
    source: CsvSource
    """The CSV that the chunk is a range of."""
    chunk_id: Identifier
    """The chunk."""
    byte_range: ByteRange
    """First and last byte of the chunk, both inclusive."""
    books: Books = field(name=FLAT)
    """The books of the chunk."""
    results: Sequence[CreatorResult]
    """One entry for each creator."""
    rejected: Sequence[RejectedRow]
    """Lines count from 1 at the chunk's first byte; the manifest's `first_line` places them."""
    resume_at: Count | None = always(None)
    """The byte of the CSV at which the rest begins; None when all is done. It counts from where
    `byte_range` begins: when the run has been planned again, the chunk may be in another place."""
    lines: Count = always(0)
    """Lines of the CSV that are accounted for; the lines of the rest are counted from here."""
    dates: DateCounts | None = always(None)
    """Dates of the chunk's usable rows; None in a receipt of a release that did not count them."""
    failed_hosts: Mapping[Text, Positive] | None = None
    """Failed covers by the host in their URL; left out if no cover failed. Release 0.1 did not
    count them."""
    packs: Sequence[Pack] = ()
    """The packs that were written; left out if there are none."""
    dead: Sequence[DeadCover] = ()
    """Covers whose URLs are dead; left out if there are none."""
    usage: Usage | None = None
    """What AWS bills for the chunk, as its workers counted it; left out where they did not: by
    older releases, and outside of Lambda."""

    def __post_init__(self) -> None:
        check_byte_range(self.byte_range)

    @property
    def bytes_done(self) -> int | None:
        """The bytes of the chunk that are accounted for; None when that is all of them."""
        return None if self.resume_at is None else self.resume_at - self.byte_range[0]
