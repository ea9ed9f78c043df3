"""The finish task: closes and archives what ended without Airflow and was not finished."""

from collections.abc import Iterator
from datetime import datetime
from typing import override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_core.housekeeping.ended_runs import finish_ended_runs
from collage_core.housekeeping.findings import Finding
from collage_core.settings import Settings


class FinishOperator(FindingsOperator):
    """Finishes runs of CSVs from outside that have all receipts."""

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        return finish_ended_runs(self.store, settings, self.chunk_queue(settings), now=now)
