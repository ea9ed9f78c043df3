"""The schedules of all DAGs in one place: no two may share a second or the name of a CSV."""

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
