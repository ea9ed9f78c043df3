"""The abort task: removes the parts of uploads that were never completed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.stale_parts import abort_stale_uploads
from collage_core.settings import Settings


class AbortOperator(FindingsOperator):
    """Aborts unfinished uploads that are older than `older_than`."""

    def __init__(self, *, older_than: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.older_than = older_than

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        return abort_stale_uploads(self.store, settings, begun_before=now - self.older_than)
