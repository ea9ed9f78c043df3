"""The packs of the last days, from one index for each day.

Each closed run has an index of its packs. Whoever plans a run and finds runs that the index of
their day has not yet puts them in, so that a day costs the next one a single request. Packs
themselves are never listed here: there may be a million.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from collage_core.contract.pack import Pack, PackIndex
from collage_core.contract.reading import read
from collage_core.errors import ConditionFailedError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.storage.documents import JSON, READERS, read_document, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects

log = logging.getLogger(__name__)

DAYS_LISTED = 4
"""So many days are looked through for runs that were closed since: today, and those before. A run
that is closed later puts itself into the index of its day."""


def sorted_packs(packs: Iterable[Pack]) -> list[Pack]:
    """Each pack once, in the order of an index: by its first creator, then by key."""
    by_key = {pack.key: pack for pack in packs}
    return sorted(by_key.values(), key=lambda pack: (name_bytes(pack.first_creator), pack.key))


def packs_of_last_days(store: ObjectStore, bucket: str, *, today: date, days: int) -> list[Pack]:
    """The packs of all runs that were planned within `days` days, today included, and are closed.

    In the order of an index. It costs a listing for each month; a GET for each day that has packs;
    and, for each of the last days, a listing of its runs and a GET for each run that its index has
    not yet. An index that cannot be read is left out, with a warning: its covers are fetched.
    """
    first = today - timedelta(days=days - 1)
    found = indexes_of_last_days(store, bucket, today=today, days=days)
    # A run that was planned again may have packs that are older than its folder.
    return sorted_packs(
        pack
        for index in found.values()
        for pack in index.packs
        if keys.day_of_pack(pack.key) >= first.isoformat()
    )


def indexes_of_last_days(
    store: ObjectStore, bucket: str, *, today: date, days: int
) -> dict[date, PackIndex]:
    """The indexes of the same days, in their order: of those that have anything."""
    first = today - timedelta(days=days - 1)
    indexes = _Indexes(store, bucket)
    return indexes.of_days(indexes.days_with_packs(first, today), today)


def put_into_day(store: ObjectStore, bucket: str, day: date, run_ids: Sequence[str]) -> None:
    """Read the indexes of these runs and put them into that of their day, in place of older ones.

    Raises RaceError when others are faster all the time.
    """
    key = _key(day)

    def compose(present: Mapping[str, bytes | None]) -> Mapping[str, bytes]:
        body = present[key]
        before = None if body is None else _parsed(body, day)
        found = _Indexes(store, bucket).of_runs([(day, run_id) for run_id in run_ids])
        return {key: to_document(_with(before, found))}

    update_objects(store, bucket, [key], compose, content_type=JSON)


def is_in_day(store: ObjectStore, bucket: str, day: date, run_id: str) -> bool:
    """Whether the index of a day has a run; if not, whoever plans next reads the run's own."""
    found = store.get(bucket, _key(day))
    index = None if found is None else _parsed(found.body, day)
    return index is not None and run_id in index.runs


@dataclass(frozen=True, slots=True)
class _DayIndex:
    """The index of a day, as it was found."""

    day: date
    index: PackIndex | None = None
    etag: str | None = None
    """That of what is there, readable or not."""

    def new_runs(self, run_ids: Iterable[str]) -> list[tuple[date, str]]:
        known = set(self.index.runs) if self.index is not None else set()
        return [(self.day, run_id) for run_id in run_ids if run_id not in known]


@dataclass(frozen=True, slots=True)
class _RunIndex:
    day: date
    run_id: str
    index: PackIndex


@dataclass(frozen=True, slots=True)
class _Indexes:
    store: ObjectStore
    bucket: str

    def days_with_packs(self, first: date, last: date) -> list[date]:
        """The days of which there is anything, in their order."""
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        months = list(dict.fromkeys(map(keys.downloads_of_month, days)))
        there = {
            f"{month}{folder}/"
            for month, folders in zip(months, self._at_once(self._folders, months), strict=True)
            for folder in folders
        }
        return [day for day in days if keys.downloads_of_day(day) in there]

    def of_days(self, days: Iterable[date], today: date) -> dict[date, PackIndex]:
        """The indexes of the days, with all runs that are closed by now, and written so."""
        found = self._at_once(self._of_day, days)
        first_listed = today - timedelta(days=DAYS_LISTED - 1)
        complete = {
            each.day: each.index
            for each in found
            if each.index is not None and each.day < first_listed
        }
        to_list = [each for each in found if each.index is None or each.day >= first_listed]
        prefixes = [keys.downloads_of_day(each.day) for each in to_list]
        listed = self._at_once(self._folders, prefixes)
        runs = self.of_runs(
            [
                run
                for each, folders in zip(to_list, listed, strict=True)
                for run in each.new_runs(folders)
            ]
        )
        for each in to_list:
            new = [run for run in runs if run.day == each.day]
            index = _with(each.index, new)
            # An old day without a closed run gets an empty one, and is not listed again.
            if new or (each.index is None and each.day < first_listed):
                self._write_day(each, index)
            complete[each.day] = index
        return dict(sorted(complete.items()))

    def of_runs(self, runs: Iterable[tuple[date, str]]) -> list[_RunIndex]:
        """The indexes of those of the runs that are closed."""
        return [index for index in self._at_once(self._of_run, runs) if index is not None]

    def _of_day(self, day: date) -> _DayIndex:
        found = self.store.get(self.bucket, _key(day))
        if found is None:
            return _DayIndex(day)
        return _DayIndex(day, _parsed(found.body, day), found.etag)

    def _of_run(self, run: tuple[date, str]) -> _RunIndex | None:
        day, run_id = run
        key = keys.pack_index(keys.packs_of_run(day, run_id))
        try:
            index = read_document(self.store, self.bucket, key, PackIndex)
        except MessageError as error:
            log.warning("The packs of run %s are left out: %s", run_id, error)
            return None
        return None if index is None else _RunIndex(day, run_id, index)

    def _write_day(self, before: _DayIndex, index: PackIndex) -> None:
        # Whoever was faster has found the same runs, or the next one finds them: nothing is lost.
        with suppress(ConditionFailedError):
            self.store.put(
                self.bucket,
                _key(before.day),
                to_document(index),
                content_type=JSON,
                if_absent=before.etag is None,
                if_etag=before.etag,
            )

    def _folders(self, prefix: str) -> list[str]:
        return list(self.store.list_folders(self.bucket, prefix))

    @staticmethod
    def _at_once[Asked, Found](
        ask: Callable[[Asked], Found], for_each: Iterable[Asked]
    ) -> list[Found]:
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(ask, for_each))


def _key(day: date) -> str:
    return keys.pack_index(keys.downloads_of_day(day))


def _parsed(body: bytes, day: date) -> PackIndex | None:
    """The index of a day; None if it cannot be read, so that it is made again."""
    try:
        return read(body, PackIndex)
    except MessageError as error:
        log.warning("The index of the packs of %s is made again: %s", day, error)
        return None


def _with(before: PackIndex | None, new: Sequence[_RunIndex]) -> PackIndex:
    """An index with these runs as well; what it had of them before is gone.

    Packs that were merged are in it, and what they replace is not, whichever came first.
    """
    names = {run.run_id for run in new}
    if before is None:
        before = PackIndex(runs=[], packs=[])
    kept = [pack for pack in before.packs if keys.run_of_pack(pack.key) not in names]
    packs = [*kept, *(pack for run in new for pack in run.index.packs)]
    replaces = {
        (each.key, each.etag): each
        for each in (*before.replaces, *(each for run in new for each in run.index.replaces))
    }
    return PackIndex(
        runs=sorted({*before.runs, *names}),
        packs=sorted_packs(pack for pack in packs if (pack.key, pack.etag) not in replaces),
        replaces=tuple(each for _, each in sorted(replaces.items())),
    )
