"""The finish task: closes and archives what was not finished, and has what it keeps found."""

from collections.abc import Iterator
from datetime import datetime
from typing import override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_core.housekeeping.ended_runs import finish_ended_runs
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.unindexed_packs import index_packs
from collage_core.settings import Settings


class FinishOperator(FindingsOperator):
    """Finishes runs of CSVs from outside that have all receipts.

    Then it indexes the packs of runs that nobody has closed.
    """

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        yield from finish_ended_runs(self.store, settings, self.chunk_queue(settings), now=now)
        yield from index_packs(self.store, settings, now=now)
