"""The merge task: the packs of a day's runs become few, so that a run looks into few."""

from collections.abc import Iterator
from datetime import datetime
from typing import override

from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.merged_days import merge_days
from collage_core.settings import Settings


class MergeOperator(FindingsOperator):
    """Merges the packs of days that are over, and removes those that were replaced long ago."""

    @override
    def find(self, settings: Settings, now: datetime) -> Iterator[Finding]:
        return merge_days(self.store, settings, now=now)
