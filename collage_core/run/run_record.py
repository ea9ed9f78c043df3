"""Writes the record of a run to the output bucket: its manifest, and its creators in order.

It is kept as long as the collages, and it says what they are when the temp bucket has forgotten the
run. The manifest is written last: where it is, all pages are. `recorded_run` reads it.
"""

import re
from collections.abc import Iterable
from itertools import batched

import msgspec

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_record import MOST_RECORDED_TOGETHER, RecordedCreators
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import ConditionFailedError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore

_FOLDER = re.compile(r"(?P<ts>[0-9]{8}_[0-9]{6})_(?P<run_id>.+)")


def write_record[Store: ObjectStore](
    run: Run[Store], results: Iterable[CreatorResult], *, most: int = MOST_RECORDED_TOGETHER
) -> str:
    """Write the record of a run with these results, in any order; the key of its manifest.

    It may be repeated: pages of an earlier record that are too many now are removed. `most` is how
    many creators a page has.
    """
    store, bucket, manifest = run.store, run.settings.output_bucket, run.manifest
    timestamp, run_id = manifest.run_timestamp, manifest.run_id
    in_order = sorted(results, key=lambda result: name_bytes(result.creator))
    pages = max(1, -(-len(in_order) // most))
    groups = batched(in_order, most) if in_order else [()]
    for number, creators in enumerate(groups, start=1):
        page = RecordedCreators(run_id=run_id, page=number, pages=pages, creators=creators)
        # Not indented: a page may have 50,000 creators, and nobody reads it as a text.
        body = msgspec.json.encode(page, order="deterministic") + b"\n"
        key = keys.recorded_creators(timestamp, run_id, number)
        store.put(bucket, key, body, content_type=JSON)
    key, body = keys.recorded_manifest(timestamp, run_id), to_document(manifest)
    try:
        store.put(bucket, key, body, content_type=JSON, if_absent=True)
    except ConditionFailedError:
        written = {keys.recorded_creators(timestamp, run_id, page + 1) for page in range(pages)}
        present = store.list_keys(bucket, keys.run_record(timestamp, run_id))
        fills = keys.fills_of(timestamp, run_id)  # not of this run, although they are in its folder
        store.delete_keys(
            bucket,
            [old for old in present if old not in {*written, key} and not old.startswith(fills)],
        )
        store.put(bucket, key, body, content_type=JSON)
    return key


def recorded_runs(
    store: ObjectStore, settings: Settings, day: RunTimestamp
) -> list[tuple[RunTimestamp, str]]:
    """The second and the run_id of each run with a complete record on the day of a moment."""
    prefix = keys.run_records_of_day(day)
    found = []
    for key in store.list_keys(settings.output_bucket, prefix):
        # A record's folder is named TS_{run_id}. What else a person has put there is not read.
        named = _FOLDER.fullmatch(key.removeprefix(prefix).split("/")[0])
        if named is None:
            continue
        timestamp, run_id = RunTimestamp.parse(named["ts"]), named["run_id"]
        if key == keys.recorded_manifest(timestamp, run_id):
            found.append((timestamp, run_id))
    return found
