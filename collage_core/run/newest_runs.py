"""The newest closed runs of a DAG, to learn from them: their summaries, in a bounded search.

A DAG's runs are alike: the same table, the same hosts, about the same share of kept covers. Few
months are listed and few summaries read, so the cost does not grow with the years.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.months import first_second, month_before
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ListedObject, ObjectStore

MOST_READ = 20
"""Summaries that are read of each schedule, and of all runs without one: other DAGs have runs in
the same months, and those of a month would be hidden by those of its days."""

_SCHEDULED = re.compile(r"processing_summary_[0-9]{8}_(0000[0-9]{2})")
"""Each schedule has a second of its own in the first minute of a day (`Schedule.second`)."""


def newest_runs(
    store: ObjectStore,
    settings: Settings,
    dag_id: str,
    *,
    now: datetime,
    timestamp: RunTimestamp | None = None,
    keep_only: bool = False,
) -> Iterator[RunSummary]:
    """The summaries of the newest runs of a DAG, the newest first.

    Looks into the months of `now`, which is aware, and of the run that is planned (`timestamp`),
    and into the one before each: the scheduled run of a month has a second of that month, and works
    in the next. For a DAG that only keeps covers (`keep_only`), it looks at two days. A summary
    that cannot be read is passed over.
    """
    if keep_only:
        bucket, newest = settings.temp_bucket, _of_keeping(store, settings, dag_id, now)
    else:
        at = RunTimestamp.of(now)
        months = {at.month, (timestamp or at).month}
        bucket, newest = settings.output_bucket, _newest(_of_months(store, settings, months))
    for run in _read(store, bucket, newest):
        if run.run_id.startswith(f"{dag_id}-"):
            yield run


def _newest(found: Iterable[ListedObject]) -> Iterator[str]:
    """The keys of the newest ones of each schedule, all in their order."""
    seen: Counter[str] = Counter()
    for item in sorted(found, key=lambda item: (item.modified, item.key), reverse=True):
        scheduled = _SCHEDULED.search(item.key)
        schedule = scheduled[1] if scheduled else ""
        seen[schedule] += 1
        if seen[schedule] <= MOST_READ:
            yield item.key


def _of_months(store: ObjectStore, settings: Settings, months: set[str]) -> Iterator[ListedObject]:
    for month in months | {month_before(month) for month in months}:
        prefix = keys.summaries_of_month(first_second(month))
        for item in store.list_objects(settings.output_bucket, prefix):
            if item.key.endswith(".json"):  # batch results are beside them
                yield item


def _of_keeping(
    store: ObjectStore, settings: Settings, dag_id: str, now: datetime
) -> Iterator[str]:
    """The keys that the summaries of the newest runs have when they are closed.

    Their folders alone are listed: a run may have thousands of objects.
    """
    run_ids: list[str] = []
    for day in (now, now - timedelta(days=1)):
        beginning = f"{dag_id}-{RunTimestamp.of(day).day}"
        folders = store.list_folders(settings.temp_bucket, keys.runs_beginning_with(beginning))
        run_ids += (f"{beginning}{rest}" for rest in folders)
    newest = sorted(run_ids, reverse=True)[:MOST_READ]
    yield from map(keys.summary_of_keeping, newest)


def _read(store: ObjectStore, bucket: str, found: Iterable[str]) -> Iterator[RunSummary]:
    for key in found:
        try:
            summary = read_document(store, bucket, key, RunSummary)
        except MessageError:
            continue
        if summary is not None:
            yield summary
