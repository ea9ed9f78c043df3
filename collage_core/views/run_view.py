"""One run, as its objects in the buckets show it at one moment, for the first paint of a page."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collage_core.contract.books import Books
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.progress import Look, Progress
from collage_core.run.redo import round_of
from collage_core.run.tolerance import TooManyFailed, without_dead_urls
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Documents, Unreadable, check_run_id
from collage_core.views.run_documents import FoundSummary, RunDocuments
from collage_core.views.run_folder import Objects, failures, failures_and_plan, work_on_chunks
from collage_core.views.run_state import RunState

_LONG_QUIET = timedelta(hours=20)
"""Lifecycles count in days. A folder in which something is newer cannot be expired in part."""

_FIRST_CHUNK = timedelta(minutes=1)
"""So long, about, a worker is at the first chunk of a run."""

_SET_ASIDE_NAME = re.compile(r"(?P<chunk_id>.+?)-[0-9a-f]+(-[0-9]+)?\.json")

_AT_ONCE = 3
"""Requests at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run at one moment."""

    run_id: str
    timestamp: RunTimestamp
    at: datetime
    """The moment."""
    state: RunState
    manifest: Manifest | None = None
    """Its plan, of the temp bucket or else of its record."""
    summary: RunSummary | None = None
    """Its books, when it is closed."""
    estimate: RunEstimate | None = None
    """What `plan` said; None for a run of no DAG, and if it has expired."""
    look: Look | None = None
    """When the objects of its chunks were written; None if the temp bucket has no plan of it."""
    progress: Progress | None = None
    """How far it is; None when it is closed, and without a plan."""
    stop: Stop | None = None
    """What stops it, or all runs; None for a run of which all is done."""
    set_aside: Mapping[str, int] = field(default_factory=dict)
    """How many receipts of a chunk could not be used, by chunk."""
    is_expired: bool = False
    """Whether the temp bucket has forgotten chunks of it."""
    unreadable: Sequence[Unreadable] = ()
    """Documents that this release cannot read."""

    @property
    def keeps_only(self) -> bool:
        """Whether it only keeps covers, and makes no collages."""
        of = self.summary or self.manifest
        return of is not None and of.keep_only

    @property
    def books(self) -> Books | None:
        """Its books, when it is closed."""
        return None if self.summary is None else self.summary.books

    @property
    def rows(self) -> int | None:
        """All its rows, if they are known."""
        if self.summary is not None:
            return self.summary.books.rows.total
        return None if self.manifest is None else self.manifest.rows

    @property
    def creators(self) -> int | None:
        """All its creators, if they are known."""
        if self.summary is not None:
            return self.summary.books.creators.total
        return None if self.manifest is None else self.manifest.creators

    @property
    def chunks(self) -> int | None:
        """All its chunks, if they are known."""
        if self.summary is not None:
            return self.summary.chunks
        return None if self.manifest is None else len(self.manifest.chunks)

    @property
    def receipt_times(self) -> Mapping[str, datetime]:
        """When chunks were done, by chunk."""
        return {} if self.look is None else self.look.receipts

    @property
    def rows_done(self) -> int:
        """Rows of the chunks that are done, as they were planned."""
        if self.manifest is None:
            return 0
        times = self.receipt_times
        return sum(chunk.rows for chunk in self.manifest.chunks if chunk.chunk_id in times)


def read_run(
    store: ObjectStore,
    settings: Settings,
    run_id: str,
    timestamp: RunTimestamp,
    *,
    now: datetime,
) -> RunView:
    """The run at the moment `now`, which is aware.

    Five requests, and one more for each 1000 objects of its folder beyond the first; one more if
    another run has the same second, and one more for a run that stands still for a day.

    What cannot be read is named in `unreadable`. Raises MessageError for what cannot be a run_id,
    and the errors of the store.
    """
    check_run_id(run_id)
    return _Reading(store, settings, run_id, timestamp, now).view()


class _Reading:
    """One look at one run."""

    def __init__(
        self,
        store: ObjectStore,
        settings: Settings,
        run_id: str,
        timestamp: RunTimestamp,
        now: datetime,
    ) -> None:
        self._store = store
        self._settings = settings
        self._run_id = run_id
        self._now = now
        self._documents = RunDocuments(settings, run_id, timestamp, Documents(store))
        self._objects: Objects = {}

    def view(self) -> RunView:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            listed = pool.submit(work_on_chunks, self._store, self._settings, self._run_id)
            planned = pool.submit(self._documents.manifest)
            self._objects, manifest = listed.result(), planned.result()
            if manifest is None:
                return self._without_plan()
            if self._is_over(manifest):
                return self._over(manifest, pool)
            return self._unfinished(manifest, pool)

    def _without_plan(self) -> RunView:
        """Of a run that the temp bucket has forgotten, or whose plan it never had."""
        is_there = self._documents.hides_state()
        manifest = None if is_there else self._documents.recorded_manifest()
        summary = self._documents.summary()
        is_known = manifest is not None or summary is not None
        if summary is not None:
            state = self._closed_state(summary.document)
        elif self._documents.hides_state():
            state = RunState.UNREADABLE
        elif manifest is not None:
            state = RunState.RECORDED
        else:
            has_begun = self._documents.has_its_second()
            state = RunState.NOT_PLANNED if has_begun else RunState.UNKNOWN
        view = self._view(state, manifest, summary=summary)
        return replace(view, is_expired=is_known and not is_there)

    def _is_over(self, manifest: Manifest) -> bool:
        """Whether nothing is left to do but to close it."""
        is_kept = keys.summary_of_keeping(self._run_id) in self._objects
        return is_kept or not self._look(manifest).missing(manifest)

    def _over(self, manifest: Manifest, pool: ThreadPoolExecutor) -> RunView:
        expected = pool.submit(self._documents.estimate)
        if not manifest.keep_only:
            summary = self._documents.summary()
        elif keys.summary_of_keeping(self._run_id) in self._objects:
            summary = self._documents.summary_of_keeping()
        else:
            summary = None
        estimate = expected.result()
        if summary is not None:
            state = self._closed_state(summary.document)
        elif keys.planning(self._run_id) in self._objects:
            state = RunState.PLANNING_AGAIN
        else:
            state = RunState.UNREADABLE if self._documents.hides_state() else RunState.DONE
        look = self._look(manifest)
        return self._view(state, manifest, look, estimate=estimate, summary=summary)

    def _unfinished(self, manifest: Manifest, pool: ThreadPoolExecutor) -> RunView:
        has_begun = self._look(manifest).newest() is not None
        rest = failures if has_begun else failures_and_plan
        of_all = keys.stop(self._run_id) not in self._objects
        listed = pool.submit(rest, self._store, self._settings, self._run_id)
        stopping = pool.submit(self._documents.stop, of_all=of_all)
        expected = pool.submit(self._documents.estimate)
        self._objects = {**self._objects, **listed.result()}
        stop, estimate = stopping.result(), expected.result()
        look = self._look(manifest)
        if self._may_be_expired(manifest, look):
            summary = self._documents.summary()
            if summary is not None:
                state = self._closed_state(summary.document)
                return self._view(state, manifest, look, estimate=estimate, summary=summary)
        view = self._view(self._unfinished_state(look, stop), manifest, look, estimate=estimate)
        return replace(view, stop=stop)

    def _may_be_expired(self, manifest: Manifest, look: Look) -> bool:
        """Whether this may be what is left of a closed run, of which receipts expired first.

        A chunk that is done again has no receipt either, and may wait for long.
        """
        if manifest.keep_only or any(round_of(each) > 1 for each in look.missing(manifest)):
            return False
        newest = max((item.modified for item in self._objects.values()), default=self._now)
        return self._now - newest > _LONG_QUIET

    def _look(self, manifest: Manifest) -> Look:
        listed = {key: item.modified for key, item in self._objects.items()}
        return Look.of(manifest, listed, self._now)

    def _unfinished_state(self, look: Look, stop: Stop | None) -> RunState:
        if keys.planning(self._run_id) in self._objects:
            return RunState.PLANNING_AGAIN
        if stop is not None:
            return RunState.STOPPED
        if look.at_work(self._settings.stale_seconds):
            return RunState.WORKING
        return RunState.PLANNED if look.newest() is None else RunState.WAITING

    def _closed_state(self, summary: RunSummary) -> RunState:
        books = without_dead_urls(summary.books) if summary.keep_only else summary.books
        if TooManyFailed.of(summary.run_id, books, (), self._settings) is not None:
            return RunState.TOO_MANY_FAILED
        return RunState(summary.status)

    def _view(
        self,
        state: RunState,
        manifest: Manifest | None,
        look: Look | None = None,
        *,
        estimate: RunEstimate | None = None,
        summary: FoundSummary | None = None,
    ) -> RunView:
        """All but what stops it. A closed run of which receipts are missing is expired."""
        progress, is_expired = None, False
        if manifest is not None and look is not None:
            is_expired = summary is not None and bool(look.missing(manifest))
            progress = None if summary is not None else self._progress(manifest, look)
        return RunView(
            run_id=self._run_id,
            timestamp=self._documents.timestamp,
            at=self._now,
            state=state,
            manifest=manifest,
            summary=None if summary is None else summary.document,
            estimate=estimate,
            look=look,
            progress=progress,
            set_aside=self._set_aside(),
            is_expired=is_expired,
            unreadable=tuple(self._documents.documents.unreadable),
        )

    def _progress(self, manifest: Manifest, look: Look) -> Progress:
        """The rate of a run that has just begun is that since shortly before its first sign."""
        seen = (*look.receipts.values(), *look.failed.values(), *look.working.values())
        began, stale = min(seen, default=self._now) - _FIRST_CHUNK, self._settings.stale_seconds
        return Progress.of(manifest, look, began=began, stale_seconds=stale)

    def _set_aside(self) -> Mapping[str, int]:
        prefix = keys.set_aside_of(self._run_id)
        names = (key.removeprefix(prefix) for key in self._objects if key.startswith(prefix))
        found = map(_SET_ASIDE_NAME.fullmatch, names)
        return Counter(name["chunk_id"] for name in found if name)
