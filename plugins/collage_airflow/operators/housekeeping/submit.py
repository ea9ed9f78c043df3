"""The submit task: starts CSVs that were dropped and that nobody works on."""

from collections.abc import Iterator
from datetime import datetime
from typing import override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.lost_uploads import submit_lost_uploads
from collage_core.settings import Settings


class SubmitOperator(FindingsOperator):
    """Starts or resumes what was dropped into `csv-files/`; quarantines what cannot be used."""

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        return submit_lost_uploads(self.store, settings, self.chunk_queue(settings), now=now)
