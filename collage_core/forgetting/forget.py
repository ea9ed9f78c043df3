"""Forgets one creator: looks, deletes, and looks once more."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.forgotten import Forgotten
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.forgetting.creator_objects import objects_of
from collage_core.forgetting.found import Found
from collage_core.forgetting.kept_covers import fault, kept_covers_of
from collage_core.forgetting.not_changed import not_changed
from collage_core.forgetting.reports import reports_of, take_out_of_report
from collage_core.forgetting.taking_out import bring_up_to_date, take_out
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document

_ROUNDS = 6
"""The first writes packs again, the second brings indexes up to date, the third finds nothing; more
are needed if somebody else writes the same."""


def look_for(store: S3Store, settings: Settings, creator: str) -> Found:
    """What there is of a creator. Writes nothing. Raises S3Error for a right that is missing."""
    objects = objects_of(store, settings.output_bucket, creator)
    return Found(
        creator=creator,
        objects=objects.objects,
        reports=reports_of(store, settings.output_bucket, objects.objects),
        kept=kept_covers_of(store, settings.temp_bucket, creator),
        alike=objects.alike,
        not_changed=not_changed(store, settings),
    )


def forget(
    store: S3Store,
    settings: Settings,
    found: Found,
    *,
    receipt_id: str,
    clock: Callable[[], datetime],
) -> str:
    """Delete what was found, and return the key of the receipt in the output bucket.

    The receipt is written before anything is deleted, and again at the end: one that is
    interrupted is there, too, and says that it has not ended. What it has not deleted is found by
    the next one.

    Raises MessageError when all is deleted but for packs that cannot be read, and RaceError
    when others write packs or reports of the creator all the time.
    """
    began = RunTimestamp.of(clock())
    key = keys.forgotten(began, receipt_id)
    receipt = Forgotten(
        receipt_id=receipt_id,
        began=began,
        ended=None,
        objects=found.counts,
        kept_covers=found.covers,
        reports=len(found.reports),
        not_changed=found.not_changed,
    )
    output = settings.output_bucket
    etag = store.put(output, key, to_document(receipt), content_type=JSON, if_absent=True)
    # First of all: they are found by the objects.
    for report in found.reports:
        take_out_of_report(store, output, report, found.creator)
    # In their order: while the metadata is there, it says which objects there were.
    store.delete_keys(output, [item.key for item in found.objects])
    # Pages that were made of these objects meanwhile; whoever makes one later misses the objects.
    for report in reports_of(store, output, found.objects):
        if report not in found.reports:
            take_out_of_report(store, output, report, found.creator)
    _forget_kept_covers(store, settings.temp_bucket, found.creator)
    ended = replace(receipt, ended=RunTimestamp.of(clock()))
    store.put(output, key, to_document(ended), content_type=JSON, if_etag=etag)
    return key


def _forget_kept_covers(store: S3Store, bucket: str, creator: str) -> None:
    broken: dict[str, str] = {}
    for _ in range(_ROUNDS):
        kept = kept_covers_of(store, bucket, creator)
        packs = [pack for pack in kept.packs if pack.key not in broken]
        if not (packs or kept.outdated):
            if faults := [*kept.unreadable, *broken.values()]:
                raise MessageError("; ".join(faults))
            return
        for pack in packs:
            try:
                take_out(store, bucket, pack, creator)
            except ConditionFailedError:
                continue  # the next round looks again
            except MessageError as error:
                why = f"{pack.key} in bucket {bucket} cannot be read: {error}"
                broken[pack.key] = fault(bucket, pack.key, why)
        for index in kept.outdated:
            bring_up_to_date(store, bucket, index, creator)
    raise RaceError(
        f"packs or indexes in bucket {bucket} are written all the time: begin again when no run "
        "is under way"
    )
