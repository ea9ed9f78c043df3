"""The submit task: starts CSVs that were dropped and that nobody works on."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_airflow.stop_variable import BY_VARIABLE, apply_stop_variable, read_for_sure
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.lost_uploads import submit_lost_uploads
from collage_core.housekeeping.stopped_runs import resume_stopped_runs
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context


class SubmitOperator(FindingsOperator):
    """Starts or resumes what was dropped into `csv-files/`; quarantines what cannot be used.

    First it stops, and lets go on, what the Variable `cover_collage_stop` says.
    """

    @override
    def find_in(self, context: "Context", settings: Settings, now: datetime) -> Iterator[Finding]:
        apply_stop_variable(context, self.store, settings, self.log)
        yield from resume_stopped_runs(
            self.store,
            settings,
            self.chunk_queue(settings),
            read_for_sure,
            stopped_by=BY_VARIABLE,
        )
        yield from self.find(settings, now)

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        return submit_lost_uploads(self.store, settings, self.chunk_queue(settings), now=now)
