"""Verifies a closed run: rows = receipts = record = objects. It writes nothing.

It can be done at any later time: all that it needs is in the output bucket. What the temp bucket
still has is compared, too. Objects are listed, a thousand for each request; of a sample of the
creators, documents and pictures are read. docs/adr/0029 says what holds what.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

from collage_core.contract.books import RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.summary import RunSummary
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_objects import RunObjects
from collage_core.run.bucket_check import BucketCheck, ExtraObject, check_bucket
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.summaries import read_summary
from collage_core.run.verify_creator import CreatorCheck, Look

SAMPLE = 20
"""Collages that are opened, unless all are."""

_READERS = 4
"""Creators that are looked at at the same time. A canvas takes 17 MB."""

_MOST_DIFFERING = 1000
"""Creators whose receipt is not as the record has it, and whose metadata is read to decide."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be."""

    what: str
    """Names the thing and the values."""
    fix: str
    """What a person can do about it, word by word."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was compared, and what was found."""

    run_id: str
    rows: int
    """Rows of the manifest."""
    creators: int
    """Creators of the record."""
    objects: int
    """Objects of the record that were compared with the listing of the bucket."""
    unknown: int
    """Creators of whom the record has no objects, because an older release made them."""
    receipts: int
    """Receipts that the temp bucket still has."""
    metadata: int
    """Creators whose metadata was read and compared with the record."""
    opened: int
    """Collages that were opened."""
    problems: Sequence[Problem]
    """All but the extras."""
    extras: Sequence[ExtraObject]
    """Objects of the run that the record does not name."""
    output_bucket: str

    @property
    def everything(self) -> Sequence[Problem]:
        """The problems, and a problem for each of the extras."""
        fix = f"cover-collage verify {self.run_id} --delete-extras"
        return [
            *self.problems,
            *(
                Problem(
                    f"{extra.key} in bucket {self.output_bucket} belongs to no creator of the "
                    "record",
                    fix,
                )
                for extra in self.extras
            ),
        ]

    @property
    def in_words(self) -> str:
        """One line with the counts."""
        wrong = len(self.problems) + len(self.extras)
        return (
            f"run {self.run_id}: {self.rows:,} rows, {self.creators:,} creators and "
            f"{self.objects:,} objects compared, {self.receipts:,} receipts and {self.metadata:,} "
            f"metadata read, {self.opened:,} collages opened: "
            + (f"{wrong:,} problem{'s' * (wrong != 1)}" if wrong else "everything is as recorded")
        )


def verify(
    run: RecordedRun,
    *,
    look: Look | None,
    sample: int | None = SAMPLE,
    on_creator: Callable[[], object] = lambda: None,
) -> VerifyReport:
    """Compare a run's manifest, summary, receipts and record with one another and the bucket.

    `sample` creators with a collage, spread evenly, and as many without one are looked at one by
    one; None: all of them. `look` opens a collage; None: no picture is read. `on_creator` is called
    for each creator that was looked at.

    Raises MessageError when the record cannot be read, and BooksError when it is not in order.
    """
    planned_key = keys.manifest(run.manifest.run_id)
    planned = read_document(run.store, run.settings.temp_bucket, planned_key, Manifest)
    fixes = _Fixes.of(run, is_remembered=planned is not None)
    receipts, unreadable = _receipts_by_creator(run, fixes)
    tally = _Tally(receipts.results)
    places = RunObjects.of(run.manifest)
    bucket = run.settings.output_bucket
    listing = check_bucket(run.store, bucket, places, tally.counted(run.creators()))
    problems = [
        *(
            Problem(
                f"{planned_key} in bucket {run.settings.temp_bucket} is another plan than the one "
                "of the record",
                fixes.close_again,
            )
            for _ in range(planned not in {None, run.manifest})
        ),
        *unreadable,
        *(Problem(line, fixes.close_again) for line in _book_problems(run, tally)),
        *(Problem(line, fixes.close_again) for line in tally.problems()),
        *_listing_problems(listing, bucket, fixes),
    ]
    check = CreatorCheck(run.store, bucket, run.manifest, look)
    chosen = _chosen(run.creators(), tally, sample)
    looked_at = opened = 0
    with ThreadPoolExecutor(_READERS) as pool:
        for some in batched(chosen, 16 * _READERS):
            for result, lines in zip(some, pool.map(check.problems, some), strict=True):
                problems += [Problem(line, fixes.report) for line in lines]
                looked_at += 1
                opened += look is not None and result.collage_key is not None
                on_creator()
    return VerifyReport(
        run_id=run.manifest.run_id,
        rows=run.manifest.rows,
        creators=tally.creators,
        objects=listing.compared,
        unknown=listing.unknown,
        receipts=receipts.count,
        metadata=looked_at,
        opened=opened,
        problems=problems,
        extras=listing.extras,
        output_bucket=bucket,
    )


@dataclass(frozen=True, slots=True)
class _Fixes:
    """What can be done about the problems of a run."""

    close_again: str
    report: str

    @classmethod
    def of(cls, run: RecordedRun) -> "_Fixes":
        run_id, temp = run.manifest.run_id, run.settings.temp_bucket
        close_again = (
            "clear `reconcile` of this run in Airflow, and do what its log says"
            if run.store.head(temp, keys.manifest(run_id))
            else f"bucket {temp} has forgotten this run: make its collages again by a new run, "
            "over the same window or from the same CSV"
        )
        return cls(
            close_again=close_again,
            report=f"keep these objects and {keys.run_record(run.manifest.run_timestamp, run_id)} "
            "in the output bucket, and report it as a bug",
        )


@dataclass(frozen=True, slots=True)
class _Receipts:
    """The receipts that are still there."""

    count: int
    results: dict[str, CreatorResult]


def _receipts_by_creator(run: RecordedRun, fixes: _Fixes) -> tuple[_Receipts, list[Problem]]:
    try:
        receipts = Run(run.settings, run.store, run.manifest).receipts()
    except MessageError as error:
        return _Receipts(0, {}), [Problem(str(error), fixes.close_again)]
    results = {result.creator: result for receipt in receipts for result in receipt.results}
    return _Receipts(len(receipts), results), []


@dataclass
class _Tally:
    """Adds up the record while its creators pass by."""

    receipts: dict[str, CreatorResult]
    """Results of receipts that have not passed by yet."""
    rows: RowCounts = field(default_factory=RowCounts)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    creators: int = 0
    collages: int = 0
    picture_bytes: int | None = 0
    """Of collages and thumbnails; None when an older release did not record them."""
    differing: set[str] = field(default_factory=set)
    """Creators whose receipt says something else."""
    odd: list[tuple[CreatorResult, str]] = field(default_factory=list)

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
        if receipt is not None and receipt != result:
            self.differing.add(result.creator)
            if receipt.rows.total != result.rows.total:
                self.odd.append((result, f"its receipt counts {receipt.rows.total} rows"))
        objects = result.known_objects
        if not objects:
            self.picture_bytes = None
        elif self.picture_bytes is not None:
            pictures = (objects[kind] for kind in ("collage", "thumbnail") if kind in objects)
            self.picture_bytes += sum(picture.bytes for picture in pictures)

    def problems(self) -> Iterator[str]:
        """What is wrong with single creators of the record."""
        for result, line in self.odd:
            yield f"the record counts {result.rows.total} rows of {result.creator!r}, and {line}"
        if self.receipts:
            name = min(self.receipts, key=lambda one: one.encode("utf-8", "surrogatepass"))
            yield (
                f"{len(self.receipts)} creators of the receipts are not in the record, the first "
                f"is {name!r}"
            )
        if len(self.differing) > _MOST_DIFFERING:
            yield f"{len(self.differing)} creators of the record are not as their receipts say"


def _book_problems(run: RecordedRun, tally: _Tally) -> Iterator[str]:
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


def _listing_problems(listing: BucketCheck, bucket: str, fixes: _Fixes) -> Iterator[Problem]:
    for one in listing.wrong:
        name = f"{one.key} of {one.creator!r} in bucket {bucket}"
        if one.found is None:
            yield Problem(f"{name} is missing", fixes.close_again)
        else:
            yield Problem(
                f"{name} has ETag {one.found.etag} and {one.found.bytes:,} bytes, and the record "
                f"says {one.named.etag} and {one.named.bytes:,}",
                fixes.close_again,
            )


def _chosen(
    creators: Iterable[CreatorResult], tally: _Tally, sample: int | None
) -> Iterator[CreatorResult]:
    """The creators to look at, and those whose receipt says something else.

    `reconcile` may have taken the record of another worker at the same chunk instead of its
    receipt. The creator's metadata tells.
    """
    wanted = {
        True: _spread(tally.collages, sample),
        False: _spread(tally.creators - tally.collages, sample),
    }
    seen = {True: 0, False: 0}
    may_differ = len(tally.differing) <= _MOST_DIFFERING
    for result in creators:
        has_collage = result.collage_key is not None
        place = seen[has_collage]
        seen[has_collage] += 1
        if place in wanted[has_collage] or (may_differ and result.creator in tally.differing):
            yield result


def _spread(total: int, sample: int | None) -> range | frozenset[int]:
    """So many places of `total`, spread evenly, with the first and the last; all for None."""
    if sample is None or sample >= total:
        return range(total)
    if sample < 2:
        return range(sample)
    return frozenset(round(number * (total - 1) / (sample - 1)) for number in range(sample))
