"""Schedules beside each other: the monthly DAG's, and one for each day that has no DAG yet."""

from collage_airflow.dag_run.schedules import MONTHLY
from collage_core.layout.schedule import Schedule

DAILY = Schedule(
    cron="0 0 * * *",
    interval="day",
    label="%Y-%m-%d",
    csv_name="update_batch_001.csv",
    second=1,
)
SCHEDULES = (MONTHLY, DAILY)
