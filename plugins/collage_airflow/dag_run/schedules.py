"""The schedules of all DAGs in one place: no two may share a second or the name of a CSV."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from collage_airflow.dag_run.keeping import KeepSchedule
from collage_core.layout.schedule import Schedule

MONTHLY = Schedule(
    cron="0 0 1 * *",
    interval="month",
    label="%Y-%m",
    csv_name="monthly_batch_%Y%m%d.csv",
    second=0,
)

DAILY = Schedule(
    cron="0 0 * * *",
    interval="day",
    label="%Y-%m-%d",
    csv_name="update_batch_001.csv",
    second=1,
)

KEEPING = KeepSchedule(
    cron="0 * * * *",
    interval="hour",
    label="%Y-%m-%d %H:%M",
    look_back=timedelta(hours=1),
    longest=timedelta(days=2),
)
"""Any cron will do, from a few minutes to a day: URLs must live longer than an interval."""

BACKFILLS: Final[Mapping[str, Schedule]] = {
    "cover_collage_monthly": MONTHLY,
    "cover_collage_daily": DAILY,
}
"""The DAGs whose backfills can be approved as a whole."""

SCHEDULES: Final[Mapping[str, Schedule | KeepSchedule | None]] = {
    **BACKFILLS,
    "keep_covers": KEEPING,
    "cover_collage_manual": None,
}
"""Each DAG whose runs have chunks, and what names them."""
