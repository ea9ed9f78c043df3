"""One run, as its objects in the buckets show it at one moment, for the first paint of a page."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collage_core.contract.books import Books
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.progress import Look, Progress
from collage_core.run.tolerance import TooManyFailed, without_dead_urls
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Unreadable, check_run_id
from collage_core.views.run_documents import FoundSummary, RunDocuments
from collage_core.views.run_folder import RunFolder
from collage_core.views.run_state import RunState

_LONG_QUIET = timedelta(hours=20)
"""Lifecycles count in days. A folder in which something is newer cannot be expired in part."""

_SET_ASIDE_NAME = re.compile(r"(?P<chunk_id>.+)-[0-9a-f]+(-[0-9]+)?\.json")

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
    summary_bucket: str | None = None
    summary_key: str | None = None
    """Where that is."""
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

    @property
    def share_done(self) -> float:
        """The part of the chunks that are done, from 0 to 1."""
        if self.state.is_closed:
            return 1.0
        return len(self.receipt_times) / self.chunks if self.chunks else 0.0


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
    documents = RunDocuments.of(store, settings, run_id, timestamp)
    return _Reading(settings, documents, now).view()


class _Reading:
    """One look at one run."""

    def __init__(self, settings: Settings, documents: RunDocuments, now: datetime) -> None:
        self._settings = settings
        self._documents = documents
        self._now = now

    def view(self) -> RunView:
        documents = self._documents
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            planned = pool.submit(documents.manifest)
            expected = pool.submit(documents.estimate)
            manifest, estimate = planned.result(), expected.result()
            look = self._look(manifest)
            asks_summary, asks_stop = self._questions(manifest, look)
            closed = pool.submit(documents.summary) if asks_summary else None
            stopping = pool.submit(documents.stop) if asks_stop else None
            summary = None if closed is None else closed.result()
            stop = None if stopping is None or summary is not None else stopping.result()
        return RunView(
            run_id=documents.run_id,
            timestamp=documents.timestamp,
            at=self._now,
            state=self._state(manifest, look, summary, stop),
            manifest=manifest,
            summary=None if summary is None else summary.document,
            summary_bucket=None if summary is None else summary.bucket,
            summary_key=None if summary is None else summary.key,
            estimate=estimate,
            look=look,
            progress=None if summary is not None else self._progress(manifest, look),
            stop=stop,
            set_aside=_times_set_aside(documents.folder),
            is_expired=self._is_expired(manifest, look, summary),
            unreadable=tuple(documents.documents.unreadable),
        )

    def _look(self, manifest: Manifest | None) -> Look | None:
        if manifest is None or not self._documents.has_plan:
            return None
        objects = self._documents.folder.objects
        return Look.of(manifest, {key: item.modified for key, item in objects.items()}, self._now)

    def _questions(self, manifest: Manifest | None, look: Look | None) -> tuple[bool, bool]:
        """Whether the summary has to be asked for, and whether a stop has to be.

        Only a run of which all is done is closed. But of a folder that expires, the receipts may
        be the first that are gone.
        """
        if manifest is None or look is None:
            return True, False
        objects = self._documents.folder.objects
        is_done = not look.missing(manifest)
        if manifest.keep_only:
            is_closed = keys.summary_of_keeping(manifest.run_id) in objects
            return is_closed, not is_closed and not is_done
        quiet = self._now - max(item.modified for item in objects.values())
        return is_done or quiet > _LONG_QUIET, not is_done

    def _is_expired(
        self, manifest: Manifest | None, look: Look | None, summary: FoundSummary | None
    ) -> bool:
        """Whether chunks of a run that has ended are not there any more."""
        if not self._documents.has_plan:
            return manifest is not None or summary is not None
        if summary is None or manifest is None or look is None:
            return False
        return bool(look.missing(manifest))

    def _progress(self, manifest: Manifest | None, look: Look | None) -> Progress | None:
        if manifest is None or look is None:
            return None
        began = self._documents.folder.objects[keys.manifest(manifest.run_id)].modified
        stale = self._settings.stale_seconds
        return Progress.of(manifest, look, began=began, stale_seconds=stale)

    def _state(
        self,
        manifest: Manifest | None,
        look: Look | None,
        summary: FoundSummary | None,
        stop: Stop | None,
    ) -> RunState:
        if summary is not None:
            return self._closed_state(summary.document)
        if keys.planning(self._documents.run_id) in self._documents.folder.objects:
            return RunState.PLANNING_AGAIN
        is_done = manifest is not None and (look is None or not look.missing(manifest))
        if (manifest is None or is_done) and self._documents.hides_state:
            return RunState.UNREADABLE
        if manifest is None:
            has_begun = self._documents.has_its_second()
            return RunState.NOT_PLANNED if has_begun else RunState.UNKNOWN
        if look is None:
            return RunState.RECORDED
        return RunState.DONE if is_done else self._unfinished_state(look, stop)

    def _unfinished_state(self, look: Look, stop: Stop | None) -> RunState:
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


def _times_set_aside(folder: RunFolder) -> Mapping[str, int]:
    names = map(_SET_ASIDE_NAME.fullmatch, folder.set_aside())
    return Counter(name["chunk_id"] for name in names if name)
