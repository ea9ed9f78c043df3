"""DAG runs as Airflow hands them to a task."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk.api.datamodels._generated import DagRun

OCTOBER_1, NOVEMBER_1 = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)


def dag_run(run_type: str, *, interval: bool = True, **changes: Any) -> DagRun:
    """A run that was due on 1 November, with October's interval or without any."""
    fields = {
        "dag_id": "cover_collage_monthly",
        "run_id": f"{run_type}__1",
        "logical_date": OCTOBER_1 if interval else None,
        "data_interval_start": OCTOBER_1 if interval else None,
        "data_interval_end": NOVEMBER_1 if interval else None,
        "run_after": NOVEMBER_1 + timedelta(hours=4, microseconds=7),
        "start_date": NOVEMBER_1,
        "end_date": None,
        "run_type": run_type,
        "state": "running",
        "consumed_asset_events": [],
        "partition_key": None,
    }
    return DagRun.model_validate(fields | changes)
