"""The documents of a run, wherever they are by now: its plan, estimate, summary, stop and claim."""

from dataclasses import dataclass

from collage_core.contract.manifest import Manifest
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.stop import Stop
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.stop import read_stop
from collage_core.settings import Settings
from collage_core.views.documents import Documents, Unreadable


@dataclass(frozen=True, slots=True)
class FoundSummary:
    """A summary, and where it is."""

    document: RunSummary
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class RunDocuments:
    """Reads the documents of one run, each with one request. Safe for threads."""

    settings: Settings
    run_id: str
    timestamp: RunTimestamp
    documents: Documents
    """Names those that cannot be read."""

    def hides_state(self) -> bool:
        """Whether a document cannot be read that would say what the run is at."""
        estimate = keys.estimate(self.run_id)
        return any(one.key != estimate for one in self.documents.unreadable)

    def manifest(self) -> Manifest | None:
        """Its plan, as the temp bucket has it."""
        return self._manifest(self.settings.temp_bucket, keys.manifest(self.run_id))

    def recorded_manifest(self) -> Manifest | None:
        """Its plan, as its record has it."""
        key = keys.recorded_manifest(self.timestamp, self.run_id)
        return self._manifest(self.settings.output_bucket, key)

    def estimate(self) -> RunEstimate | None:
        """What `plan` said."""
        key = keys.estimate(self.run_id)
        return self.documents.read(self.settings.temp_bucket, key, RunEstimate)

    def summary(self) -> FoundSummary | None:
        """Its summary. Two requests if another run has the same second."""
        return find_summary(self.documents, self.settings, self.run_id, self.timestamp)

    def summary_of_keeping(self) -> FoundSummary | None:
        """The summary of a run that only keeps covers."""
        bucket, key = self.settings.temp_bucket, keys.summary_of_keeping(self.run_id)
        found = self.documents.read(bucket, key, RunSummary)
        return None if found is None else FoundSummary(found, bucket, key)

    def stop(self, *, of_all: bool) -> Stop | None:
        """What stops all runs, or exactly this one."""
        return read_stop(self.documents.store, self.settings, None if of_all else self.run_id)

    def has_its_second(self) -> bool:
        """Whether the run has claimed its second, which it does before it is planned."""
        bucket, key = self.settings.output_bucket, keys.claim(self.timestamp)
        found = self.documents.store.get(bucket, key)
        return found is not None and found.body.decode(errors="replace") == self.run_id

    def _manifest(self, bucket: str, key: str) -> Manifest | None:
        manifest = self.documents.read(bucket, key, Manifest)
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
