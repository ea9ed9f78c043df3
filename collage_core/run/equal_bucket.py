"""Makes sure that the books of a run equal the bucket, before anything is written about the run.

Objects are listed and compared with the receipts. A receipt may name other objects than there are:
two workers had its chunk, and the one that wrote the receipt had not seen what the other one wrote
last. Then the creator's record in the bucket, which a worker writes last, is what counts. If not
even that agrees with the bucket, the chunk has to be done again.

Objects with the run's timestamp that nothing names are those of a plan that was replaced. They are
named in the log and deleted.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from collage_core.contract.creator_record import CreatorRecord
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Receipt, WrittenObject
from collage_core.errors import MessageError, RunConflictError, UnequalError
from collage_core.layout.creator_objects import OBJECT_KINDS, ObjectKind, RunObjects
from collage_core.run.bucket_check import ExtraObject, WrongObject, check_bucket
from collage_core.run.claims import check_second
from collage_core.run.corrected_receipt import with_creator
from collage_core.run.delete_extras import delete_extras_of
from collage_core.run.forgotten import forgotten_since
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.storage.documents import READERS
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_MOST_NAMED = 20


def equal_bucket[Store: ObjectStore](
    run: Run[Store], receipts: Sequence[Receipt]
) -> Sequence[Receipt]:
    """The receipts as the bucket has their creators; extras are deleted. It may be repeated.

    Creators of whom an older release recorded no objects are not compared. A run that is closed
    again leaves creators as they are who were forgotten since. Raises UnequalError
    when an object is missing or another one, and the creator's record does not explain it.
    """
    places = RunObjects.of(run.manifest)
    results = (result for receipt in receipts for result in receipt.results)
    source, run_id = run.manifest.source, run.manifest.run_id
    check = check_bucket(
        run.store,
        run.settings.output_bucket,
        places,
        results,
        # The first plan of a CSV from outside holds.
        planned_once=is_ordered_copy(source, run.settings, run_id),
    )
    wrong = _but_for_forgotten(run, receipts, check.wrong)
    corrected = _corrected(run, places, receipts, wrong) if wrong else receipts
    # What a receipt names in vain, and the creator's record does not name, is too much, too.
    odd = [ExtraObject(one.kind, one.key, one.found.etag) for one in check.wrong if one.found]
    named = {
        places.key(kind, result.creator)
        for receipt in (corrected if check.extras or odd else ())
        for result in receipt.results
        for kind in OBJECT_KINDS
        if kind in result.known_objects
    }
    _delete(run, [extra for extra in (*check.extras, *odd) if extra.key not in named])
    return corrected


def _but_for_forgotten[Store: ObjectStore](
    run: Run[Store], receipts: Sequence[Receipt], wrong: Sequence[WrongObject]
) -> Sequence[WrongObject]:
    """Without creators who were forgotten since the run was closed: nothing is made of them again.

    A run that was never closed has to have all of its objects.
    """
    manifest, settings = run.manifest, run.settings
    missing = {one.creator for one in wrong if one.kind == "metadata" and one.found is None}
    if not missing:
        return wrong
    timestamp = manifest.run_timestamp
    if RecordedRun.look_up(run.store, settings, timestamp, manifest.run_id) is None:
        return wrong
    named = (
        result for receipt in receipts for result in receipt.results if result.creator in missing
    )
    forgotten = forgotten_since(run.store, settings, timestamp, named)
    if forgotten:
        log.warning(
            "Run %s: %d creators are not made again, because nothing is left of them, and somebody "
            "was forgotten since. If others have lost their objects, too, trigger a run for them",
            manifest.run_id,
            len(forgotten),
        )
    return [one for one in wrong if one.creator not in forgotten]


def _corrected[Store: ObjectStore](
    run: Run[Store],
    places: RunObjects,
    receipts: Sequence[Receipt],
    wrong: Sequence[WrongObject],
) -> Sequence[Receipt]:
    """The receipts with the creators of wrong objects as their records have them."""
    creators = {one.creator: one for one in reversed(wrong)}
    unequal: dict[str, str] = {}
    first: WrongObject | None = None

    def correct(receipt: Receipt) -> Receipt | WrongObject:
        """Stops at the first creator that no record explains: the chunk is done again anyway."""
        for result in receipt.results:
            if (one := creators.get(result.creator)) is not None:
                found = _recorded(run, places, result, receipt.chunk_id)
                if found is None:
                    return one
                receipt = with_creator(receipt, result, found)
        return receipt

    corrected = []
    with ThreadPoolExecutor(READERS) as pool:
        for receipt, done in zip(receipts, pool.map(correct, receipts), strict=True):
            if isinstance(done, Receipt):
                corrected.append(done)
            else:
                first = first or done
                unequal[receipt.chunk_id] = _in_words(done, run.settings.output_bucket)
    if first is not None:
        raise UnequalError(
            f"{len(wrong)} objects of run {run.manifest.run_id} are not in the bucket as its "
            f"receipts say, the first is {_in_words(first, run.settings.output_bucket)}",
            chunks=unequal,
        )
    log.info("Taken from their records in the bucket: %d creators", len(creators))
    return corrected


def _recorded[Store: ObjectStore](
    run: Run[Store], places: RunObjects, result: CreatorResult, chunk_id: str
) -> CreatorResult | None:
    """The creator as the record says, if that is of the same chunk and agrees with the bucket."""
    store, bucket = run.store, run.settings.output_bucket
    stored = store.get(bucket, places.key("metadata", result.creator))
    if stored is None:
        return None
    try:
        record = read(stored.body, CreatorRecord)
    except MessageError:
        return None
    recorded = record.result
    if (
        record.chunk_id != chunk_id
        or recorded.creator != result.creator
        or recorded.rows.total != result.rows.total
    ):
        return None
    objects = recorded.known_objects
    for kind in OBJECT_KINDS:
        if kind in objects and _head(run, places.key(kind, result.creator)) != objects[kind]:
            return None
    itself: Mapping[ObjectKind, WrittenObject] = {
        "metadata": WrittenObject(stored.etag, len(stored.body))
    }
    return replace(recorded, objects={**objects, **itself})


def _head[Store: ObjectStore](run: Run[Store], key: str) -> WrittenObject | None:
    head = run.store.head(run.settings.output_bucket, key)
    return None if head is None else WrittenObject(head.etag, head.bytes)


def _in_words(one: WrongObject, bucket: str) -> str:
    name = f"s3://{bucket}/{one.key} of {one.creator!r}"
    if one.found is None:
        return f"{name}, which is missing"
    return f"{name}, which has ETag {one.found.etag} instead of {one.named.etag}"


def _delete[Store: ObjectStore](run: Run[Store], extras: Sequence[ExtraObject]) -> None:
    """Delete objects of a plan of this run that was replaced; not those of another run."""
    if not extras:
        return
    manifest, bucket = run.manifest, run.settings.output_bucket
    named = ", ".join(extra.key for extra in extras[:_MOST_NAMED])
    more = f" and {len(extras) - _MOST_NAMED} more" * (len(extras) > _MOST_NAMED)
    try:
        check_second(run.store, run.settings, manifest.run_timestamp, run_id=manifest.run_id)
        delete_extras_of(manifest, run.store, run.settings, extras)
    except RunConflictError as error:
        log.warning("Left in bucket %s: %s%s, because %s", bucket, named, more, error)
        return
    log.warning("Deleted from bucket %s what no receipt names: %s%s", bucket, named, more)
