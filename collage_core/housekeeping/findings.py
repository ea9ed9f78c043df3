"""What housekeeping found: one line for a person about each thing, with its fix."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a finding is about; the name of its count."""

    FINISHED = "finished"
    """A run of a CSV from outside was closed or its CSV archived."""
    SUBMITTED = "submitted"
    """A CSV whose event was lost has become a run."""
    RESUMED = "resumed"
    """Chunks of a run that stood still were sent again."""
    INDEXED = "indexed"
    """Packs of a run that was not closed are in an index now, so that runs find them."""
    QUARANTINED = "quarantined"
    """A CSV cannot be used."""
    ABORTED = "aborted"
    """An unfinished upload was aborted."""
    MERGED = "merged"
    """The packs of a day were merged."""
    REMOVED = "removed"
    """Packs that were replaced by merged ones were removed."""
    STUCK = "stuck"
    """A run stands still."""
    STOPPED = "stopped"
    """A person has stopped a run, or all runs."""
    ABANDONED = "abandoned"
    """A CSV of a DAG has no run any more."""
    DEAD_LETTERS = "dead_letters"
    """Messages are in the dead-letter queue."""
    LIFECYCLE = "lifecycle"
    """A bucket has other lifecycle rules than it should."""
    FAILED = "failed"
    """Housekeeping itself could not do something."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do about it."""
        return self in _DONE


_DONE = {
    *{Kind.FINISHED, Kind.SUBMITTED, Kind.RESUMED, Kind.INDEXED},
    *{Kind.ABORTED, Kind.MERGED, Kind.REMOVED},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    kind: Kind
    line: str
    """What it is, and how to fix it if housekeeping has not."""
    count: int = 1
    """How many things of its kind it stands for."""


def counts(found: Iterable[Finding]) -> dict[str, int]:
    """How many things of each kind were found."""
    total: Counter[str] = Counter()
    for finding in found:
        total[finding.kind.value] += finding.count
    return dict(sorted(total.items()))
