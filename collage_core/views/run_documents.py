"""The documents of a run, wherever they are by now: its plan, estimate, summary, stop and claim."""

from dataclasses import dataclass
from typing import Self

from collage_core.contract.manifest import Manifest
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.stop import read_stop
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.views.documents import Documents, Unreadable
from collage_core.views.etag_cache import EtagCache
from collage_core.views.run_folder import RunFolder

_manifests: EtagCache[Manifest] = EtagCache(most=8)
"""A page that shows progress is asked for every few seconds, and its plan is the largest part."""


@dataclass(frozen=True, slots=True)
class FoundSummary:
    """A summary, and where it is."""

    document: RunSummary
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class RunDocuments:
    """Reads the documents of one run whose folder was listed. Safe for threads."""

    settings: Settings
    run_id: str
    timestamp: RunTimestamp
    folder: RunFolder
    documents: Documents
    """Names those that cannot be read."""

    @classmethod
    def of(
        cls, store: ObjectStore, settings: Settings, run_id: str, timestamp: RunTimestamp
    ) -> Self:
        """List the folder of the run."""
        folder = RunFolder.of(store, settings, run_id)
        return cls(settings, run_id, timestamp, folder, Documents(store))

    @property
    def has_plan(self) -> bool:
        """Whether the temp bucket has its plan."""
        return keys.manifest(self.run_id) in self.folder.objects

    @property
    def hides_state(self) -> bool:
        """Whether a document cannot be read that would say what the run is at."""
        estimate = keys.estimate(self.run_id)
        return any(one.key != estimate for one in self.documents.unreadable)

    def manifest(self) -> Manifest | None:
        """Its plan, of the temp bucket or else of its record. At most one request."""
        key = keys.manifest(self.run_id)
        if self.has_plan:
            return self._of_this_second(self.settings.temp_bucket, key, self._planned(key))
        bucket = self.settings.output_bucket
        key = keys.recorded_manifest(self.timestamp, self.run_id)
        return self._of_this_second(bucket, key, self.documents.read(bucket, key, Manifest))

    def estimate(self) -> RunEstimate | None:
        """What `plan` said. At most one request."""
        key = keys.estimate(self.run_id)
        if key not in self.folder.objects:
            return None
        return self.documents.read(self.settings.temp_bucket, key, RunEstimate)

    def summary(self) -> FoundSummary | None:
        """Its summary. One request, or two if another run has the same second."""
        of_keeping = keys.summary_of_keeping(self.run_id)
        if of_keeping in self.folder.objects:
            bucket = self.settings.temp_bucket
            kept = self.documents.read(bucket, of_keeping, RunSummary)
            return None if kept is None else FoundSummary(kept, bucket, of_keeping)
        return find_summary(self.documents, self.settings, self.run_id, self.timestamp)

    def stop(self) -> Stop | None:
        """What stops exactly this run, or else all runs. One request."""
        is_own = keys.stop(self.run_id) in self.folder.objects
        return read_stop(self.documents.store, self.settings, self.run_id if is_own else None)

    def has_its_second(self) -> bool:
        """Whether the run has claimed its second, which it does before it is planned.

        One request.
        """
        bucket, key = self.settings.output_bucket, keys.claim(self.timestamp)
        found = self.documents.store.get(bucket, key)
        return found is not None and found.body.decode(errors="replace") == self.run_id

    def _planned(self, key: str) -> Manifest | None:
        bucket, etag = self.settings.temp_bucket, self.folder.objects[key].etag
        if (kept := _manifests.get(bucket, key, etag)) is not None:
            return kept
        found = self.documents.store.get(bucket, key)
        if found is None:  # removed since the folder was listed
            return None
        manifest = self.documents.decode(found.body, bucket, key, Manifest)
        if manifest is not None:
            _manifests.keep(bucket, key, found.etag, manifest)
        return manifest

    def _of_this_second(self, bucket: str, key: str, manifest: Manifest | None) -> Manifest | None:
        """The plan, unless whoever asks has named another second."""
        if manifest is None or manifest.run_timestamp == self.timestamp:
            return manifest
        reason = f"it is of the second {manifest.run_timestamp}, not of {self.timestamp}"
        self.documents.unreadable.append(Unreadable(bucket, key, reason))
        return None


def find_summary(
    documents: Documents, settings: Settings, run_id: str, timestamp: RunTimestamp
) -> FoundSummary | None:
    """The summary of a run that made collages; None if it is not closed, or cannot be read.

    One request, or two if another run has the same second.
    """
    bucket, passed = settings.output_bucket, Documents(documents.store)
    for key in (
        keys.processing_summary(timestamp),
        keys.processing_summary(timestamp, run_id),
    ):
        found = passed.store.get(bucket, key)
        if found is None:
            break
        summary = passed.decode(found.body, bucket, key, RunSummary)
        if summary is not None and summary.run_id == run_id:
            return FoundSummary(summary, bucket, key)
    # One at the first key that cannot be read may be that of another run, or of this one.
    documents.unreadable.extend(passed.unreadable)
    return None
