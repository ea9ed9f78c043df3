"""The report task: warns of what only a person can put right."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_core.housekeeping.dead_letters import dead_letters
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.lifecycles import Lifecycle, lifecycle_drift
from collage_core.housekeeping.stuck_runs import stuck_runs
from collage_core.settings import Settings


class ReportOperator(FindingsOperator):
    """Looks at the dead-letter queue, at runs without progress, and at the buckets' lifecycles.

    Args:
        stuck_after: how long a run may go without a new receipt.
        lifecycles: how long each bucket should keep things, by the setting that names it; None: as
            a deployment sets it, and covers for `KEEP_COVERS_DAYS`.
    """

    def __init__(
        self,
        *,
        stuck_after: timedelta,
        lifecycles: Mapping[str, Lifecycle] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.stuck_after = stuck_after
        self.lifecycles = lifecycles

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        yield from dead_letters(self.chunk_queue(settings), settings)
        yield from stuck_runs(self.store, settings, now=now, after=self.stuck_after)
        yield from lifecycle_drift(self.store, settings, self.lifecycles)
