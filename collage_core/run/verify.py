"""Verifies a closed run: rows = receipts = record = objects. It writes nothing.

It can be done at any later time: all that it needs is in the output bucket. What the temp bucket
still has is compared, too. Objects are listed, a thousand for each request; of a sample of the
creators, documents and pictures are read. docs/adr/0029 says what holds what.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.trigger import Trigger
from collage_core.errors import RunConflictError
from collage_core.layout import keys
from collage_core.layout.creator_objects import RunObjects
from collage_core.run.bucket_check import BucketCheck, check_bucket
from collage_core.run.claims import check_second
from collage_core.run.family import closed_members, first_of_family, stale_summaries
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.usable_receipts import RunFolder, read_receipts
from collage_core.run.verify_books import MOST_DIFFERING, RecordTally, book_problems
from collage_core.run.verify_creator import CreatorCheck, Look
from collage_core.run.verify_report import Fixes, Problem, VerifyReport
from collage_core.storage.documents import read_document

SAMPLE = 20
"""Collages that are opened, unless all are."""

_READERS = 4
"""Creators that are looked at at the same time. A canvas takes 17 MB."""


def verify(
    run: RecordedRun,
    *,
    look: Look | None,
    sample: int | None = SAMPLE,
    on_creator: Callable[[], object] = lambda: None,
    fixes: Fixes | None = None,
) -> VerifyReport:
    """Compare a run's manifest, summary, receipts and record with one another and the bucket.

    `sample` creators with a collage, spread evenly, and as many without one are looked at one by
    one; None: all of them. `look` opens a collage; None: no picture is read. `on_creator` is called
    for each creator that was looked at. `fixes` are those of a deployment, unless they are given.

    Raises MessageError when the record cannot be read, and BooksError when it is not in order.
    """
    planned = read_document(
        run.store, run.settings.temp_bucket, keys.manifest(run.manifest.run_id), Manifest
    )
    fixes = fixes or Fixes.of(run, is_remembered=planned is not None)
    receipts, unusable = _receipts(run, fixes)
    places = RunObjects.of(run.manifest)
    tally = RecordTally(
        places,
        run.manifest.by_creator_copies,
        {result.creator: result for receipt in receipts for result in receipt.results},
        has_all_receipts=len(receipts) == len(run.manifest.chunks),
    )
    bucket = run.settings.output_bucket
    listing = check_bucket(run.store, bucket, places, tally.counted(run.creators()))
    problems = [
        *_plan_problems(run, planned, fixes),
        *unusable,
        *(Problem(line, fixes.close_again) for line in book_problems(run, tally)),
        *(Problem(line, fixes.close_again) for line in tally.problems()),
        *_listing_problems(listing, bucket, fixes),
        *_family_problems(run),
    ]
    check = CreatorCheck(run.store, bucket, run.manifest, look)
    chosen = _chosen(run.creators(), tally, sample)
    looked_at = opened = 0
    with ThreadPoolExecutor(_READERS) as pool:
        for some in batched(chosen, 16 * _READERS):
            for result, lines in zip(some, pool.map(check.problems, some), strict=True):
                problems += [Problem(line, _report(run)) for line in lines]
                looked_at += 1
                opened += look is not None and result.collage_key is not None
                on_creator()
    return VerifyReport(
        run_id=run.manifest.run_id,
        rows=run.manifest.rows,
        creators=tally.creators,
        objects=listing.compared,
        unknown=listing.unknown,
        receipts=len(receipts),
        metadata=looked_at,
        opened=opened,
        problems=problems,
        extras=listing.extras if _has_its_second(run, listing) else (),
        output_bucket=bucket,
        delete_extras=fixes.delete_extras,
    )


def _report(run: RecordedRun) -> str:
    record = keys.run_record(run.manifest.run_timestamp, run.manifest.run_id)
    return (
        f"keep these objects and {record} in bucket {run.settings.output_bucket}, and report it as "
        "a bug"
    )


def _has_its_second(run: RecordedRun, listing: BucketCheck) -> bool:
    """Whether extras can only be this run's. Asked only if there are some."""
    if not listing.extras:
        return True
    timestamp, run_id = run.manifest.run_timestamp, run.manifest.run_id
    try:
        check_second(run.store, run.settings, timestamp, run_id=run_id)
    except RunConflictError:
        return False
    return True


def _plan_problems(run: RecordedRun, planned: Manifest | None, fixes: Fixes) -> Iterator[Problem]:
    if planned is not None and planned != run.manifest:
        yield Problem(
            f"{keys.manifest(planned.run_id)} in bucket {run.settings.temp_bucket} is another plan "
            "than that of the record",
            fixes.close_again,
        )


def _receipts(run: RecordedRun, fixes: Fixes) -> tuple[Sequence[Receipt], list[Problem]]:
    """The receipts that the temp bucket still has, and what is wrong with the others."""
    found = read_receipts(RunFolder.of(Run(run.settings, run.store, run.manifest)))
    unusable = [
        Problem(
            f"{keys.receipt(run.manifest.run_id, one.chunk.chunk_id)} in bucket "
            f"{run.settings.temp_bucket} cannot be used: {one.reason}",
            fixes.close_again,
        )
        for one in found.unusable
    ]
    return found.usable, unusable


def _family_problems(run: RecordedRun) -> Iterator[Problem]:
    """Whether the summaries of its family say what newer runs have made anew."""
    store, settings = run.store, run.settings
    family = first_of_family(run.manifest)
    stale = stale_summaries(store, settings, family)
    if not stale:
        return
    members = closed_members(store, settings, family)
    # A run of a CSV from outside has no tasks; the next one of the family tells all of them.
    in_airflow = [
        summary.run_id
        for summary, _ in members
        if summary.trigger is not Trigger.S3
        and not is_ordered_copy(summary.source, settings, summary.run_id)
    ]
    fix = f"upload its last {keys.UPDATES}NNN.csv again, as the next one"
    if in_airflow:
        fix = f"clear `publish` of run {in_airflow[-1]} in Airflow"
    for _, key in stale:
        yield Problem(
            f"superseded of {key} is not what the records of its family say: creators that a fill "
            "has made anew count twice",
            fix,
        )


def _listing_problems(listing: BucketCheck, bucket: str, fixes: Fixes) -> Iterator[Problem]:
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
    creators: Iterable[CreatorResult], tally: RecordTally, sample: int | None
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
    may_differ = len(tally.differing) <= MOST_DIFFERING
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
