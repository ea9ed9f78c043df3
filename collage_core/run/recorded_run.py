"""A closed run, as its record in the output bucket has it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Self

from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_record import RecordedCreators
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.settings import Settings
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

MOST_SEARCHED = 100_000
"""Keys of records that are looked through for a run whose second is not known: 100 requests, for
the runs of some years."""

_NONE = "runs that an older release closed have none"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A closed run, and where its record is."""

    settings: Settings
    store: ObjectStore
    manifest: Manifest

    @classmethod
    def open(
        cls, store: ObjectStore, settings: Settings, timestamp: RunTimestamp, run_id: str
    ) -> Self:
        """The record of this run. Raises MessageError when it is missing or cannot be read."""
        found = cls.look_up(store, settings, timestamp, run_id)
        if found is None:
            key = keys.recorded_manifest(timestamp, run_id)
            raise MessageError(
                f"{key} is not in bucket {settings.output_bucket}: the run is not closed, or an "
                "older release closed it; while the temp bucket has it, clear `reconcile` in "
                "Airflow, and the record is written (there is no such task for a CSV from outside: "
                "its run is closed by the worker that is last, or by housekeeping)"
            )
        return found

    @classmethod
    def look_up(
        cls, store: ObjectStore, settings: Settings, timestamp: RunTimestamp, run_id: str
    ) -> Self | None:
        """The record of this run; None if it has none. Raises MessageError for a broken one."""
        key = keys.recorded_manifest(timestamp, run_id)
        manifest = read_document(store, settings.output_bucket, key, Manifest)
        return None if manifest is None else cls(settings, store, manifest)

    @classmethod
    def find(cls, store: ObjectStore, settings: Settings, named: str) -> Self:
        """The record of the run with this id or this timestamp.

        Raises MessageError when there is none, when it cannot be read, when the run only keeps
        covers, and when two runs had that second.
        """
        if re.fullmatch(RunTimestamp.PATTERN, named):
            return cls._of_second(store, settings, RunTimestamp.parse(named))
        planned = read_document(store, settings.temp_bucket, keys.manifest(named), Manifest)
        if planned is not None and planned.keep_only:
            raise MessageError(
                f"run {named} only keeps covers: it has no collages, and no record of them; name a "
                "run that makes collages"
            )
        if planned is not None:
            return cls.open(store, settings, planned.run_timestamp, named)
        # Its second is in the name of the folder, and the keys are sorted by that.
        ending = f"_{named}/manifest.json"
        listed = store.list_keys(settings.output_bucket, keys.RUN_RECORDS)
        for number, key in enumerate(islice(listed, MOST_SEARCHED + 1)):
            if number == MOST_SEARCHED:
                raise MessageError(
                    f"run {named} is not among the first {MOST_SEARCHED:,} records in bucket "
                    f"{settings.output_bucket}: give its timestamp, YYYYMMDD_HHMMSS, which is in "
                    "the keys of its collages"
                )
            folder = key.removesuffix(ending).rpartition("/")[2]
            if key.endswith(ending) and re.fullmatch(RunTimestamp.PATTERN, folder):
                return cls.open(store, settings, RunTimestamp.parse(folder), named)
        raise MessageError(
            f"no run {named} has a record in bucket {settings.output_bucket}: compare the name "
            f"with the run_id in its summary; {_NONE}"
        )

    @classmethod
    def _of_second(cls, store: ObjectStore, settings: Settings, timestamp: RunTimestamp) -> Self:
        beginning = keys.records_of_second(timestamp)
        listed = store.list_keys(settings.output_bucket, beginning)
        runs = {key.removeprefix(beginning).partition("/")[0] for key in islice(listed, 1000)}
        if len(runs) != 1:
            said, fix = "no run has", "compare it with the keys of the run's collages; " + _NONE
            if runs:
                said, fix = f"runs {', '.join(sorted(runs))} have", "give the run_id"
            raise MessageError(
                f"{said} a record of {timestamp} in bucket {settings.output_bucket}: {fix}"
            )
        return cls.open(store, settings, timestamp, runs.pop())

    def creators(self) -> Iterator[CreatorResult]:
        """All creators, by the bytes of their names; a page at a time is in memory.

        Raises MessageError for a page that is missing or cannot be read, and BooksError for
        creators that are not in order, of whom one may come twice.
        """
        manifest = self.manifest
        before = b""
        for page in count(1):
            key = keys.recorded_creators(manifest.run_timestamp, manifest.run_id, page)
            found = read_document(self.store, self.settings.output_bucket, key, RecordedCreators)
            if found is None:
                if page == 1 and not manifest.chunks:
                    return
                raise MessageError(
                    f"{key} is not in bucket {self.settings.output_bucket}: while the temp bucket "
                    "has the run, clear `reconcile` in Airflow, and the record is written again; "
                    "if its CSV came from outside, submit that again with any change"
                )
            for result in found.creators:
                name = name_bytes(result.creator)
                if name <= before:
                    raise BooksError(
                        f"{key} has creator {result.creator!r} out of order or twice: keep it, and "
                        "report it"
                    )
                before = name
                yield result
            if page >= found.pages:
                return
