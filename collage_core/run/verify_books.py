"""Holds the record of a run against its manifest, its receipts and its summary."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import UnsetType

from collage_core.contract.books import RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.contract.summary import RunSummary
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.layout.creator_objects import RunObjects
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.summaries import read_summary

MOST_DIFFERING = 1000
"""Creators whose receipt is not as the record has it, and whose metadata is read to decide."""


@dataclass
class RecordTally:
    """Adds up the record while its creators pass by."""

    places: RunObjects
    copies: bool | None
    """Whether the run copies each collage to its creator; None: an older release did not say it."""
    receipts: dict[str, CreatorResult]
    """Results of receipts that have not passed by yet."""
    has_all_receipts: bool
    """Whether each creator must be in one of them."""
    rows: RowCounts = field(default_factory=RowCounts)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    creators: int = 0
    collages: int = 0
    picture_bytes: int | None = 0
    """Of collages and thumbnails; None when an older release did not record them."""
    differing: set[str] = field(default_factory=set)
    """Creators whose receipt says something else."""
    odd: list[str] = field(default_factory=list)
    """What is wrong with single creators."""

    def counted(self, creators: Iterable[CreatorResult]) -> Iterator[CreatorResult]:
        """The same creators, each counted."""
        for result in creators:
            self._count(result)
            yield result

    def _count(self, result: CreatorResult) -> None:
        self.rows += result.rows
        self.outcomes[result.outcome] += 1
        self.creators += 1
        self.collages += result.collage_key is not None
        receipt = self.receipts.pop(result.creator, None)
        if receipt is None and self.has_all_receipts:
            self.odd.append(f"creator {result.creator!r} of the record is in no receipt")
        if receipt is not None and receipt != result:
            self.differing.add(result.creator)
            if receipt.rows.total != result.rows.total:
                self.odd.append(
                    f"the record counts {result.rows.total} rows of {result.creator!r}, and its "
                    f"receipt {receipt.rows.total}"
                )
        if isinstance(result.objects, UnsetType):
            self.picture_bytes = None
            return
        self.odd += self._objects_problems(result, result.objects)
        if self.picture_bytes is not None:
            self.picture_bytes += result.object_counts.bytes

    def _objects_problems(
        self, result: CreatorResult, objects: Mapping[str, WrittenObject]
    ) -> Iterator[str]:
        """Objects that a creator with these rows must have or cannot have."""
        wanted: set[str] = {"metadata"}
        key = None
        if result.rows.placed:
            key = self.places.key("collage", result.creator)
            copies = "by_creator" in objects if self.copies is None else self.copies
            wanted |= {"collage", "thumbnail", *({"by_creator"} if copies else ())}
        if result.collage_key != key:
            yield (
                f"collage_key of {result.creator!r} is {result.collage_key!r} in the record: with "
                f"{result.rows.placed} placed covers it must be {key!r}"
            )
        if objects.keys() != wanted:
            yield (
                f"the record names the objects {', '.join(sorted(objects))} of "
                f"{result.creator!r}, who must have {', '.join(sorted(wanted))}"
            )

    def problems(self) -> Iterator[str]:
        """What is wrong with creators of the record, a line for each."""
        yield from self.odd
        if self.receipts:
            name = min(self.receipts, key=name_bytes)
            yield (
                f"{len(self.receipts)} creators of the receipts are not in the record, the first "
                f"is {name!r}"
            )
        if len(self.differing) > MOST_DIFFERING:
            yield f"{len(self.differing)} creators of the record are not as their receipts say"


def book_problems(run: RecordedRun, tally: RecordTally) -> Iterator[str]:
    """What does not add up between the manifest, the summary and the record."""
    manifest, settings = run.manifest, run.settings
    found = read_summary(run.store, settings, manifest.run_timestamp, manifest.run_id)
    if found is None:
        key = keys.processing_summary(manifest.run_timestamp)
        yield f"{key} is not in bucket {settings.output_bucket}"
        return
    summary, key = found
    books = summary.books
    try:
        books.check_balance(key)
    except BooksError as error:
        yield str(error)
    # Rows that were rejected before they had a creator are in the summary, and in no creator.
    nameless = books.rows.rejected - tally.rows.rejected
    creators = books.creators
    nobodies = creators.failed - tally.outcomes[Outcome.FAILED]
    for what, there, here in (
        ("rows of the manifest", manifest.rows, books.rows.total),
        ("chunks", len(manifest.chunks), summary.chunks),
        ("rows", tally.rows.total + max(nameless, 0), books.rows.total),
        *(
            (f"rows {name}", getattr(tally.rows, name), getattr(books.rows, name))
            for name in ("placed", "duplicate", "not_selected", "failed")
        ),
        ("complete creators", tally.outcomes[Outcome.COMPLETE], creators.complete),
        ("partial creators", tally.outcomes[Outcome.PARTIAL], creators.partial),
        ("creators", tally.creators + manifest.rejected.creators, creators.total),
        ("creators whose rows were all rejected", manifest.rejected.creators, nobodies),
        ("collages", tally.collages, books.objects.collages),
        ("thumbnails", tally.collages, books.objects.thumbnails),
    ):
        if there != here:
            yield f"{what}: {there:,} in the record, and {here:,} in {key}"
    if nameless < 0:
        yield (
            f"rejected rows: {tally.rows.rejected:,} in the record, and {books.rows.rejected:,} in "
            f"{key}"
        )
    if tally.picture_bytes not in {None, books.objects.bytes}:
        yield (
            f"bytes of collages and thumbnails: {tally.picture_bytes:,} in the record, and "
            f"{books.objects.bytes:,} in {key}"
        )
    yield from _identity_problems(run, summary, key)


def _identity_problems(run: RecordedRun, summary: RunSummary, key: str) -> Iterator[str]:
    """The same of what names the run."""
    manifest = run.manifest
    for what, there, here in (
        ("run_timestamp", manifest.run_timestamp, summary.run_timestamp),
        ("trigger", manifest.trigger, summary.trigger),
        ("source", to_json(manifest.origin or manifest.source), to_json(summary.source)),
    ):
        if there != here:
            yield f"{what}: {there} in the record, and {here} in {key}"
