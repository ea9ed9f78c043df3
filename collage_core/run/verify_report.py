"""What `verify` found, each with what a person can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from collage_core.run.bucket_check import ExtraObject
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.recorded_run import RecordedRun
from collage_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be."""

    what: str
    """Names the thing and the values."""
    fix: str
    """What a person can do about it, word by word."""


@dataclass(frozen=True, slots=True)
class Fixes:
    """What can be done about the problems of a run, word by word."""

    close_again: str
    """If the books and the bucket differ."""
    delete_extras: str
    """If there are objects too many: a command."""

    @classmethod
    def of(cls, run: RecordedRun, *, is_remembered: bool) -> Self:
        """Of a run in buckets. `is_remembered`: whether the temp bucket has it still."""
        manifest, settings = run.manifest, run.settings
        if is_ordered_copy(manifest.source, settings, manifest.run_id):
            # No task closes it, and the same bytes in a message would be the same run.
            close_again = "submit its CSV again with any change: that is a new run"
        elif is_remembered:
            close_again = "clear `reconcile` of this run in Airflow, and do what its log says"
        else:
            close_again = (
                f"bucket {settings.temp_bucket} has forgotten this run: make its collages again by "
                "a new run, over the same window or from the same CSV"
            )
        command = f"cover-collage verify {manifest.run_id} --delete-extras"
        default = Settings()
        buckets = (settings.output_bucket, settings.temp_bucket)
        if buckets != (default.output_bucket, default.temp_bucket):
            command = "OUTPUT_BUCKET={} TEMP_BUCKET={} ".format(*buckets) + command
        return cls(close_again, command)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was compared, and what was found."""

    run_id: str
    rows: int
    """Rows of the manifest."""
    creators: int
    """Creators of the record."""
    objects: int
    """Objects of the record that were compared with the listing of the bucket."""
    unknown: int
    """Creators of whom the record has no objects, because an older release made them."""
    receipts: int
    """Receipts that the temp bucket still has."""
    metadata: int
    """Creators whose metadata was read and compared with the record."""
    opened: int
    """Collages that were opened."""
    problems: Sequence[Problem]
    """All but the extras."""
    extras: Sequence[ExtraObject]
    """Objects of the run that the record does not name. None of a run whose second another run has
    claimed: they are the other run's."""
    output_bucket: str
    delete_extras: str
    """The command that deletes the extras."""

    @property
    def everything(self) -> Sequence[Problem]:
        """The problems, and a problem for each of the extras."""
        return [
            *self.problems,
            *(
                Problem(
                    f"{extra.key} in bucket {self.output_bucket} belongs to no creator of the "
                    "record",
                    self.delete_extras,
                )
                for extra in self.extras
            ),
        ]

    @property
    def in_words(self) -> str:
        """One line with the counts."""
        wrong = len(self.problems) + len(self.extras)
        return (
            f"run {self.run_id}: {self.rows:,} rows, {self.creators:,} creators and "
            f"{self.objects:,} objects compared, {self.receipts:,} receipts and {self.metadata:,} "
            f"metadata read, {self.opened:,} collages opened: "
            + (f"{wrong:,} problem{'s' * (wrong != 1)}" if wrong else "everything is as recorded")
        )
